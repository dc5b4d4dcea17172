import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  title: string
  onClose: () => void
  sheet?: boolean
  children: ComponentChildren
}

/** A question that cannot be undone. Focus on its title, not on the deed; Escape keeps everything. */
export function Dialog({ title, onClose, sheet = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    const before = document.activeElement
    shown?.showModal()
    shown?.querySelector('h1')?.focus()
    return () => {
      shown?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} class={sheet ? 'sheet stack' : 'stack'} aria-labelledby={id} onCancel={event => { event.preventDefault(); onClose() }}>
      <h1 id={id} tabIndex={-1}>{title}</h1>
      {children}
    </dialog>
  )
}
