// A secret that is seen once: saved as a file, hidden when its time is over.

import { say } from './say.ts'

/** Answers *Save as …*. */
export function answerSaves(): void {
  document.addEventListener('click', event => {
    const button = (event.target as Element).closest<HTMLElement>('[data-save]')
    const value = button?.closest('.once')?.querySelector('code')?.textContent
    if (button == null || value == null) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([`${value}\n`], { type: 'text/plain' }))
    link.download = button.dataset['save'] ?? 'secret'
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  })
}

/** Counts down and hides. */
export function hideInTime(part: HTMLElement): void {
  for (const box of part.querySelectorAll<HTMLElement>('.once[data-once]')) {
    const end = performance.now() + Number(box.dataset['once']) * 1_000
    delete box.dataset['once']
    box.querySelectorAll<HTMLElement>('[data-save]').forEach(button => { button.hidden = false })
    const left = box.querySelector('[data-left]')
    let warned = false
    const timer = setInterval(() => {
      const seconds = Math.ceil((end - performance.now()) / 1_000)
      if (!box.isConnected) return clearInterval(timer)
      if (left !== null) left.textContent = `Visible for ${clock(Math.max(seconds, 0))}`
      if (seconds <= 60 && !warned) {
        warned = true
        say('Visible for one more minute')
      }
      if (seconds > 0) return
      clearInterval(timer)
      // The page itself has it no longer: a reload shows the rest without.
      box.querySelectorAll('code').forEach(value => { value.textContent = '' })
      const hidden = box.querySelector<HTMLAnchorElement>('[data-hide]')
      if (hidden !== null) location.replace(hidden.href)
    }, 1_000)
  }
}

/** *9:40*. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
