// Everything below the screens. Screens import from here and from `scanner.ts` alone.

import { Opened } from './opened.ts'
import type { Phone } from './phone.ts'

export type * from './wire.ts'
export type * from './phone.ts'
export { outcomeOf } from './answering.ts'
export { Problem, isProblem, type OwnCode } from './problem.ts'
export { readDigits, readEntered, readFragment, search, shownName } from './reading.ts'

/**
 * Opens what this browser keeps and starts asking the server. Once for each page.
 *
 * @throws Problem `no_storage`
 */
export async function start(): Promise<Phone> {
  return Opened.open()
}
