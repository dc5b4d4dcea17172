// A link whose secret stands behind `#`, so that no server and no log on the way sees it. It goes
// into a field, and out of the address.

/** Fills `[data-from-fragment]`. */
export function fillFromFragment(): void {
  const field = document.querySelector<HTMLInputElement>('[data-from-fragment]')
  const secret = location.hash.slice(1)
  if (field === null || secret === '') return
  history.replaceState(history.state, '', location.pathname + location.search)
  field.value = decoded(secret)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
