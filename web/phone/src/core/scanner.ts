// Camera and QR codes. To be imported when a screen needs it: `await import('../core/scanner.ts')`.

import encodeQR from 'qr'
import decodeQR from 'qr/decode.js'
import { Problem } from './problem.ts'

/** A camera that looks for a QR code. */
export interface Scanner {
  stop(): void
}

/** A QR code as one path of 1×1 squares in a square of `size`, quiet zone included: black on white always. */
export interface QrDrawing {
  readonly size: number
  readonly path: string
}

/** Widest picture that is searched: more costs time and battery, and finds nothing more. */
const WIDEST = 720
const BETWEEN_MS = 120
const QUIET = 4

/** Chromium on Android finds codes by itself, with less battery. */
interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { rawValue: string }[]>
}
type DetectorClass = (new (options: { formats: string[] }) => Detector) & { getSupportedFormats(): Promise<string[]> }

/**
 * Shows the camera's picture in `video` and calls `found` for each new text in it, until stopped.
 *
 * @throws Problem `camera_refused`, `camera_none`, `camera_busy`
 */
export async function scan(video: HTMLVideoElement, found: (text: string) => void): Promise<Scanner> {
  const stream = await camera()
  let stopped = false
  const stop = () => {
    stopped = true
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  video.muted = true
  video.playsInline = true
  video.srcObject = stream
  try {
    await video.play()
  } catch (thrown) {
    stop()
    throw new Problem('camera_busy', 0, String(thrown))
  }
  const look = await looker()
  void (async () => {
    let last = ''
    while (!stopped) {
      const text = await look(video).catch(() => undefined)
      if (text !== undefined && text !== last && !stopped) {
        last = text
        found(text)
      }
      await new Promise(resolve => setTimeout(resolve, BETWEEN_MS))
    }
  })()
  return { stop }
}

async function camera(): Promise<MediaStream> {
  if (navigator.mediaDevices?.getUserMedia === undefined) throw new Problem('camera_none')
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 } } })
  } catch (thrown) {
    const name = thrown instanceof DOMException ? thrown.name : ''
    if (name === 'NotAllowedError' || name === 'SecurityError') throw new Problem('camera_refused')
    throw new Problem(name === 'NotFoundError' || name === 'OverconstrainedError' ? 'camera_none' : 'camera_busy', 0, name)
  }
}

async function looker(): Promise<(video: HTMLVideoElement) => Promise<string | undefined>> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass }
  const formats = await BarcodeDetector?.getSupportedFormats().catch((): string[] => [])
  if (BarcodeDetector !== undefined && formats?.includes('qr_code') === true) {
    const detector = new BarcodeDetector({ formats: ['qr_code'] })
    return async video => (await detector.detect(video))[0]?.rawValue
  }
  const canvas = document.createElement('canvas')
  return async video => {
    const { videoWidth, videoHeight } = video
    if (videoWidth === 0) return undefined
    const scale = Math.min(1, WIDEST / Math.max(videoWidth, videoHeight))
    canvas.width = Math.round(videoWidth * scale)
    canvas.height = Math.round(videoHeight * scale)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context?.drawImage(video, 0, 0, canvas.width, canvas.height)
    const picture = context?.getImageData(0, 0, canvas.width, canvas.height)
    return picture === undefined ? undefined : decodeQR(picture)
  }
}

/** Draws a text. */
export function drawQr(text: string): QrDrawing {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET })
  const path = modules.flatMap((row, y) => row.map((dark, x) => dark ? `M${x} ${y}h1v1h-1z` : '')).join('')
  return { size: modules.length, path }
}
