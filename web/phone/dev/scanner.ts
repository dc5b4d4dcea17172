// A camera without a camera; QR codes are drawn for real.

import { Problem } from '../src/core/problem.ts'
import type { Scanner } from '../src/core/scanner.ts'

export { drawQr } from '../src/core/scanner.ts'

export async function scan(_video: HTMLVideoElement, found: (text: string) => void): Promise<Scanner> {
  const scene = new URLSearchParams(location.search).get('scene') ?? ''
  const trouble = (['refused', 'none', 'busy'] as const).find(word => scene === `camera-${word}`)
  if (trouble !== undefined) throw new Problem(`camera_${trouble}`)
  if (scene === 'camera-other') setTimeout(() => found('https://www.example.com/'), 100)
  return { stop: () => {} }
}
