// Camera and QR codes. To be imported when a screen needs it: `await import('../core/scanner.ts')`.

/** Why the camera cannot be used. */
export type CameraTrouble = 'refused' | 'none' | 'busy'

/** A camera that looks for a QR code. */
export interface Scanner {
  stop(): void
}

/** A QR code as one path of 1×1 squares in a square of `size`, quiet zone included: black on white always. */
export interface QrDrawing {
  readonly size: number
  readonly path: string
}

/**
 * Shows the camera's picture in `video` and calls `found` once for each new text in it, until stopped.
 *
 * @throws CameraTrouble as a string
 */
export async function scan(_video: HTMLVideoElement, _found: (text: string) => void): Promise<Scanner> {
  throw new Error('not yet')
}

export function drawQr(_text: string): QrDrawing {
  throw new Error('not yet')
}
