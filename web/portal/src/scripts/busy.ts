// A form that is on its way is not sent again: the button stays as it is and says that it is busy.

/** Ignores a second press. */
export function answerSubmits(): void {
  document.addEventListener('submit', event => {
    const form = event.target as HTMLFormElement
    // Searches may come as often as one likes; what another listener stopped is not on its way.
    if (form.method !== 'post' || event.defaultPrevented) return
    if (form.dataset['sent'] !== undefined) return event.preventDefault()
    sent(form, event.submitter)
  })
  // Back from the next page by the browser's own memory: everything can be pressed again.
  window.addEventListener('pageshow', ({ persisted }) => { if (persisted) document.querySelectorAll('form').forEach(idle) })
}

/** Marks a form as under way. */
export function sent(form: HTMLFormElement, pressed: HTMLElement | null): void {
  form.dataset['sent'] = ''
  const button = pressed ?? form.querySelector('button')
  button?.setAttribute('aria-busy', 'true')
  // A file that comes down in answer leaves the page where it is.
  if (form.dataset['download'] !== undefined) setTimeout(() => idle(form), DOWNLOAD)
}

/** Marks a form as one that can be sent. */
export function idle(form: HTMLFormElement): void {
  delete form.dataset['sent']
  form.querySelectorAll('[aria-busy]').forEach(button => button.removeAttribute('aria-busy'))
}

const DOWNLOAD = 3_000
