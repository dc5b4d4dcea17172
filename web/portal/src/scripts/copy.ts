// Copy buttons: the value stands beside them as text that can be selected.

import { say } from './say.ts'

const COPIED_MS = 2_000

/** Answers `.copy > button`. */
export function answerCopies(): void {
  document.addEventListener('click', event => {
    const button = (event.target as Element).closest<HTMLButtonElement>('.copy > button')
    const value = button?.parentElement?.querySelector<HTMLElement>('code, pre')
    if (button == null || value == null) return
    void copy(value).then(done => { if (done) confirm(button) })
  })
}

async function copy(value: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value.textContent ?? '')
    return true
  } catch {
    // Not allowed: select it, so that the keys for copying do it.
    getSelection()?.selectAllChildren(value)
    return false
  }
}

function confirm(button: HTMLButtonElement): void {
  const what = button.querySelector('.sr')?.textContent?.trim() ?? 'Value'
  say(`${what} copied`)
  const word = [...button.childNodes].find(node => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() === 'Copy')
  if (word === undefined) return
  word.textContent = 'Copied'
  button.classList.add('done')
  setTimeout(() => {
    word.textContent = 'Copy'
    button.classList.remove('done')
  }, COPIED_MS)
}
