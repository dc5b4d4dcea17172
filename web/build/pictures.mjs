// The mark (an X of three strokes and a dot: the fourth arm is the person) as the pictures that
// phones want, from one drawing.

import { Resvg } from '@resvg/resvg-js'
import { createHash } from 'node:crypto'

const GROUND = '#2446d8'
const MARK = '<path d="M5 5l14 14M19 5l-5 5" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>' +
  '<circle cx="5.8" cy="18.2" r="3" fill="#fff"/>'

/** The mark on its ground; `share` is how much of the width it takes, `radius` rounds the ground. */
function drawing(share, radius) {
  const scale = (512 * share) / 24, at = (512 - 512 * share) / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="${radius}" fill="${GROUND}"/>` +
    `<g transform="translate(${at} ${at}) scale(${scale})">${MARK}</g></svg>`
}

function png(svg, width) {
  return Buffer.from(new Resvg(svg, { fitTo: { mode: 'width', value: width } }).render().asPng())
}

function adding(files) {
  return (name, ending, bytes) => {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase()
    files.set(`assets/${name}-${hash}.${ending}`, bytes)
    return `/assets/${name}-${hash}.${ending}`
  }
}

/** Adds what the portal's pages name to `files` and says where each is. */
export function marks(files) {
  const add = adding(files)
  return {
    plain: add('mark', 'svg', Buffer.from(drawing(0.66, 112))),
    touch: add('mark-full-180', 'png', png(drawing(0.6, 0), 180)),
  }
}

/** Adds the phone's pictures to `files` and says where each is. */
export async function pictures(files) {
  const add = adding(files)
  const round = drawing(0.66, 112)
  return {
    ...marks(files),
    small: add('mark-192', 'png', png(round, 192)),
    large: add('mark-512', 'png', png(round, 512)),
    // Launchers cut a circle of four fifths out of it; iOS rounds by itself.
    maskable: add('mark-full-512', 'png', png(drawing(0.52, 0), 512)),
    badge: add('badge-96', 'png', png(badge(), 96)),
  }
}

/** What Android shows in its status bar: only the shape counts. */
function badge() {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${MARK}</svg>`
}
