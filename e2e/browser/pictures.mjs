// Takes what the manuals show from the pictures that the tests have left, with fewer colours so that
// they weigh little:
//
//     node e2e/browser/pictures.mjs [DIRECTORY]
//
// DIRECTORY is target/test/shots without one. None of them shows a QR code, which could be scanned,
// or what a camera sees.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'

/** Where they stand in docs, by the names that the tests give. */
const PICTURES = {
  'screen-invitation-390': 'pictures/phone-invitation',
  'screen-words-390': 'pictures/phone-four-words',
  'screen-codes-390': 'pictures/phone-codes',
  'screen-codes-390-dark': 'pictures/phone-codes-dark',
  'screen-request-390': 'pictures/phone-request',
  'screen-not-me-390': 'pictures/phone-not-me',
  'screen-approved-390': 'pictures/phone-approved',
  'code-shown': 'pictures/phone-code-shown',
  history: 'pictures/phone-history',
  'portal-pages/caller-digits': 'pictures/phone-caller',
  'move-here': 'pictures/phone-move-here',
  'portal-pages/manual-in-use': 'operator/portal/in-use',
  'portal-pages/manual-user': 'operator/portal/user',
  'portal-pages/manual-login': 'operator/portal/login',
  'portal-pages/manual-dashboard': 'operator/portal/dashboard',
}
const HEAVIEST = 80_000

const root = fileURLToPath(new URL('../../', import.meta.url))
const from = process.argv[2] ?? path.join(root, process.env.CARGO_TARGET_DIR ?? 'target', 'test/shots')
for (const [shot, name] of Object.entries(PICTURES)) {
  // Each test leaves its own: what did not run leaves the picture as it is.
  if (!existsSync(path.join(from, `${shot}.png`))) continue
  const picture = encode(decode(readFileSync(path.join(from, `${shot}.png`))))
  if (picture.length > HEAVIEST) throw new Error(`${name} has ${picture.length} bytes, at most ${HEAVIEST}`)
  const to = path.join(root, `docs/${name}.png`)
  mkdirSync(path.dirname(to), { recursive: true })
  writeFileSync(to, picture)
  console.log(`${path.relative(root, to)}: ${picture.length} bytes`)
}

/** The points of a PNG as browsers write it. @param {Buffer} png */
function decode(png) {
  const header = png.subarray(16, 29)
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const depth = { 2: 3, 6: 4 }[header[9]]
  if (header[8] !== 8 || depth === undefined || header[12] !== 0) throw new Error('not eight bits for each of RGB')
  const parts = []
  for (let at = 8; at < png.length;) {
    const size = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + size))
    at += size + 12
  }
  const data = zlib.inflateSync(Buffer.concat(parts))
  const stride = width * depth
  const bytes = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
      const left = x >= depth ? bytes[y * stride + x - depth] : 0
      const up = y > 0 ? bytes[(y - 1) * stride + x] : 0
      const corner = x >= depth && y > 0 ? bytes[(y - 1) * stride + x - depth] : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]
      bytes[y * stride + x] = data[y * (stride + 1) + 1 + x] + guess
    }
  }
  const colours = new Uint32Array(width * height)
  for (let at = 0; at < colours.length; at++) colours[at] = bytes.readUIntBE(at * depth, 3)
  return { width, height, colours }
}

/** @param {number} left @param {number} up @param {number} corner */
function paeth(left, up, corner) {
  const [a, b, c] = [left, up, corner].map(one => Math.abs(left + up - corner - one))
  return a <= b && a <= c ? left : b <= c ? up : corner
}

/** A PNG with the 256 colours that are used most; the others become the nearest of them. @param {{ width: number, height: number, colours: Uint32Array }} picture */
function encode({ width, height, colours }) {
  /** @type {Map<number, number>} */
  const used = new Map()
  for (const colour of colours) used.set(colour, (used.get(colour) ?? 0) + 1)
  const palette = [...used].sort(([, a], [, b]) => b - a).slice(0, 256).map(([colour]) => colour)
  const places = new Map([...used.keys()].map(colour => [colour, nearest(colour, palette)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let at = 0; at < colours.length; at++) rows[Math.floor(at / width) + 1 + at] = places.get(colours[at]) ?? 0
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const table = Buffer.alloc(palette.length * 3)
  palette.forEach((colour, place) => table.writeUIntBE(colour, place * 3, 3))
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', table), chunk('IDAT', zlib.deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))])
}

/** @param {number} colour @param {number[]} palette */
function nearest(colour, palette) {
  const parts = (/** @type {number} */ one) => [one >> 16, (one >> 8) & 255, one & 255]
  const wanted = parts(colour)
  const far = palette.map(one => parts(one).reduce((sum, part, at) => sum + (part - wanted[at]) ** 2, 0))
  return far.indexOf(Math.min(...far))
}

/** @param {string} kind @param {Buffer} data */
function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  const frame = Buffer.alloc(data.length + 12)
  frame.writeUInt32BE(data.length, 0)
  body.copy(frame, 4)
  frame.writeUInt32BE(crc(body), data.length + 8)
  return frame
}

/** @param {Buffer} data */
function crc(data) {
  let sum = 0xffffffff
  for (const byte of data) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}
