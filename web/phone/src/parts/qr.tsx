import { useEffect, useState } from 'preact/hooks'
import type { QrDrawing } from '../core/scanner.ts'

/** A QR code, black on white also in the dark. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<QrDrawing>()
  useEffect(() => {
    let here = true
    void import('../core/scanner.ts').then(({ drawQr }) => { if (here) setDrawn(drawQr(text)) })
    return () => { here = false }
  }, [text])
  const size = drawn?.size ?? 29
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      {drawn !== undefined && <path d={drawn.path} />}
    </svg>
  )
}
