// Dialogs before what cannot be undone. Without script the link that opens one leads to a page.

/** Answers `[data-dialog="ID"]`, `[data-close]` and the name to be typed. */
export function answerDialogs(): void {
  document.addEventListener('click', event => {
    const from = (event.target as Element).closest<HTMLElement>('[data-dialog], [data-close]')
    if (from === null) return
    if (from.dataset['close'] !== undefined) return from.closest('dialog')?.close()
    const dialog = document.getElementById(from.dataset['dialog'] ?? '')
    if (!(dialog instanceof HTMLDialogElement)) return
    event.preventDefault()
    dialog.querySelectorAll<HTMLInputElement>('[data-type]').forEach(compare)
    dialog.showModal()
    // The title, not the deed.
    dialog.querySelector<HTMLElement>('h2[tabindex]')?.focus()
    dialog.addEventListener('close', () => from.focus(), { once: true })
  })
  document.addEventListener('input', ({ target }) => {
    const field = target as HTMLInputElement
    if (field.dataset['type'] !== undefined) compare(field)
  })
}

function compare(field: HTMLInputElement): void {
  const deed = field.form?.querySelector<HTMLButtonElement>('button.main')
  if (deed != null) deed.disabled = field.value.trim() !== field.dataset['type']
}
