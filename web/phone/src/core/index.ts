// Everything below the screens. Screens import from here and from `scanner.ts` alone.

import type { Phone } from './phone.ts'

export type * from './wire.ts'
export type * from './phone.ts'
export { Problem, isProblem, type OwnCode } from './problem.ts'
export { readDigits, readEntered, readFragment, search, shownName } from './reading.ts'

/** Opens what this browser keeps and starts asking the server. Once for each page. */
export async function start(): Promise<Phone> {
  throw new Error('not yet')
}
