// What the portal's pages can do beyond HTML. Every page does its task without, but for passkeys.
// Everything listens at the document, so that parts which htmx brings need nothing of their own.

import 'htmx.org'
import { answerSubmits } from './busy.ts'
import { answerCopies } from './copy.ts'
import { answerDialogs } from './dialog.ts'
import { fillFromFragment } from './fragment.ts'
import { answerMenus } from './menu.ts'
import { hideInTime, answerSaves } from './once.ts'
import { answerPasskeys, offerPasskeys } from './passkey.ts'
import { calmSwaps } from './swaps.ts'
import { keepToasts } from './toast.ts'

answerCopies()
answerDialogs()
answerMenus()
answerSaves()
answerPasskeys()
// After all who may stop a form.
answerSubmits()
calmSwaps()
keepToasts()
prepare(document.body)
fillFromFragment()
const first = document.querySelector<HTMLElement>('main [aria-invalid="true"]') ?? document.querySelector<HTMLElement>('main [data-once] [tabindex]')
first?.focus()
document.addEventListener('htmx:load', event => prepare(event.target as HTMLElement))

/** What has come into the page. */
function prepare(part: HTMLElement): void {
  hideInTime(part)
  offerPasskeys(part)
  const carried = part.querySelector<HTMLFormElement>('form[data-submit]')
  if (carried !== null && carried.dataset['submit'] !== 'done') {
    carried.dataset['submit'] = 'done'
    carried.requestSubmit()
  }
}
