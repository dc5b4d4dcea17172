import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { words } from '../app/words.ts'

interface ToastText {
  readonly text: string
  readonly undo?: () => void
}

const current = signal<ToastText | undefined>(undefined)

/** Says what was done; it never takes the focus. With `undo` it stays 20 s, else 4 s. */
export function toast(text: string, undo?: () => void) {
  current.value = undo === undefined ? { text } : { text, undo }
}

/** The place of toasts. */
export function Toasts() {
  const shown = current.value
  const held = useRef(false)
  useEffect(() => {
    if (shown === undefined) return
    let left = shown.undo === undefined ? 4 : 20
    const timer = setInterval(() => {
      if (!held.current && --left <= 0 && current.value === shown) current.value = undefined
    }, 1000)
    return () => clearInterval(timer)
  }, [shown])
  const hold = (on: boolean) => () => { held.current = on }
  return (
    <div class="toasts" role="status">
      {shown !== undefined && (
        <div class="toast" onPointerEnter={hold(true)} onPointerLeave={hold(false)} onFocusIn={hold(true)} onFocusOut={hold(false)}>
          <span>{shown.text}</span>
          {shown.undo !== undefined && (
            <button class="btn small" type="button" onClick={() => { current.value = undefined; shown.undo?.() }}>{words.undo}</button>
          )}
        </div>
      )}
    </div>
  )
}
