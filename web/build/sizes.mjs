// What a visit costs.

import { gzipSync } from 'node:zlib'

const PACKED = /\.(woff2|png)$/

/** Bytes on the wire of one file. */
function onTheWire(path, bytes) {
  return PACKED.test(path) ? bytes.length : gzipSync(bytes, { level: 9 }).length
}

/** Bytes of a first visit, gzipped. */
export function firstLoad({ files, first }) {
  return first.reduce((sum, path) => sum + onTheWire(path, files.get(path)), 0)
}

/** A table of everything. */
export function told({ files, first }) {
  const rows = [...files].map(([path, bytes]) => [path, bytes.length, onTheWire(path, bytes), first.includes(path)])
  rows.sort((a, b) => b[3] - a[3] || b[2] - a[2])
  const lines = rows.map(([path, raw, gz, early]) =>
    `${early ? 'first' : '     '} ${String(raw).padStart(8)} ${String(gz).padStart(8)} gz  ${path}`)
  const fonts = first.filter(path => path.endsWith('.woff2'))
  const ofFonts = fonts.reduce((sum, path) => sum + files.get(path).length, 0)
  const all = firstLoad({ files, first })
  return [...lines, `first load: ${all} bytes, ${all - ofFonts} without fonts`].join('\n')
}
