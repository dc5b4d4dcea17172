// What has been done, with its undo: said once, there for 20 s, and longer under pointer or focus. Where it
// stands in the page's flow it stays: what it went from would jump.

import { say } from './say.ts'

const SHOWN_MS = 20_000

/** Takes toasts away in their time. */
export function keepToasts(): void {
  for (const toast of document.querySelectorAll<HTMLElement>('.toast')) {
    // It was there when the page came: a live region says only what changes.
    say([...toast.querySelectorAll('span, button')].map(part => part.textContent).join(' '))
    if (toast.parentElement === null || getComputedStyle(toast.parentElement).position !== 'fixed') continue
    const held = (): boolean => toast.matches(':hover, :focus-within')
    const end = (): void => { if (held()) wait(1_000); else toast.remove() }
    const wait = (ms: number): void => { setTimeout(end, ms) }
    wait(SHOWN_MS)
  }
}
