// Builds the authenticator into phone/dist and the portal's files into portal/dist, and says what a
// first visit costs.
//
//     node build/main.mjs

import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { buildPortal } from './portal.mjs'
import { told, firstLoad } from './sizes.mjs'

const dist = part => fileURLToPath(new URL(`../${part}/dist/`, import.meta.url))

report('phone', await build({ out: dist('phone') }), 300_000)
report('portal', await buildPortal({ out: dist('portal') }), 100_000)

function report(part, built, most) {
  console.log(`${part}\n${told(built)}`)
  const bytes = firstLoad(built)
  if (bytes <= most) return
  console.error(`${part}: the first load has ${bytes} bytes, at most ${most}: what can come later?`)
  process.exitCode = 1
}
