import type { ComponentChildren } from 'preact'

interface ButtonProps {
  children: ComponentChildren
  onClick?: () => void
  kind?: string
  type?: 'button' | 'submit'
  busy?: boolean
  disabled?: boolean
  describedBy?: string
}

/** A deed. While busy the label stays and a second press is ignored. */
export function Button({ children, onClick, kind = '', type = 'button', busy = false, disabled = false, describedBy }: ButtonProps) {
  return (
    <button
      class={`btn ${kind}`.trim()} type={type} disabled={disabled}
      aria-busy={busy ? 'true' : undefined} aria-describedby={describedBy}
      onClick={event => { if (busy) event.preventDefault(); else onClick?.() }}
    >
      {children}
    </button>
  )
}
