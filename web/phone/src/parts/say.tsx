import { signal } from '@preact/signals'

const polite = signal('')

/** Says a sentence to screen readers, once, when nothing else is being said. */
export function say(text: string) {
  polite.value = ''
  setTimeout(() => { polite.value = text }, 50)
}

/** Stands in the page from the start: a live region that comes with its text stays silent. */
export function Voice() {
  return <div class="sr" aria-live="polite">{polite.value}</div>
}
