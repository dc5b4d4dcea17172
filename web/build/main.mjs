// Builds the authenticator into phone/dist and says what a first visit costs.
//
//     node build/main.mjs

import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { told, firstLoad } from './sizes.mjs'

const MOST_FIRST_LOAD = 300_000

const out = fileURLToPath(new URL('../phone/dist/', import.meta.url))
const built = await build({ out })
console.log(told(built))
const bytes = firstLoad(built)
if (bytes > MOST_FIRST_LOAD) {
  console.error(`the first load has ${bytes} bytes, at most ${MOST_FIRST_LOAD}: what can come later?`)
  process.exitCode = 1
}
