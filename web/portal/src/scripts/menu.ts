// The menu of narrow windows is a `<details>`: it closes as menus do.

/** Closes it by Escape, by a press elsewhere, and when focus leaves it. */
export function answerMenus(): void {
  const close = (except: Node | null): void => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]'))
      if (!menu.contains(except)) menu.open = false
  }
  document.addEventListener('click', ({ target }) => close(target as Node))
  document.addEventListener('focusin', ({ target }) => close(target as Node))
  document.addEventListener('keydown', ({ key, target }) => {
    if (key !== 'Escape') return
    const menu = (target as Element).closest<HTMLDetailsElement>('details.menu[open]')
    close(null)
    menu?.querySelector('summary')?.focus()
  })
}
