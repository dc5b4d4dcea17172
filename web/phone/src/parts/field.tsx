import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { words } from '../app/words.ts'
import { Icon } from './icon.tsx'

interface FieldProps {
  label: string
  value: string
  onInput: (value: string) => void
  help?: ComponentChildren
  error?: string | undefined
  code?: boolean
  secret?: boolean
  name?: string
  autocomplete?: string
  inputMode?: 'text' | 'numeric'
  maxLength?: number
  placeholder?: string
}

/** Label above, help below, the error in place of the help. An error takes the focus to the field. */
export function Field(props: FieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [shown, setShown] = useState(false)
  const under = `${id}-under`
  const { error } = props
  useEffect(() => { if (error !== undefined) input.current?.focus() }, [error])
  const common = {
    ref: input, id, class: props.code === true ? 'input code' : 'input', name: props.name,
    value: props.value, autocomplete: props.autocomplete ?? 'off', inputMode: props.inputMode,
    autocapitalize: props.code === true ? 'characters' : 'off', spellcheck: false,
    maxLength: props.maxLength, placeholder: props.placeholder,
    'aria-invalid': error !== undefined ? 'true' : undefined,
    'aria-describedby': error !== undefined || props.help !== undefined ? under : undefined,
    onInput: (event: { currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
  } as const
  const field = props.secret === true && !shown ? <input {...common} type="password" /> : <input {...common} type="text" />
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.secret === true
        ? <div class="secret">{field}<button class="btn quiet" type="button" aria-pressed={shown} onClick={() => setShown(!shown)}>{shown ? words.hide : words.show}<span class="sr"> {props.label}</span></button></div>
        : field}
      {error !== undefined
        ? <span class="error" id={under} role="alert"><Icon is="#i-x" />{error}</span>
        : props.help !== undefined && <span class="small dim" id={under}>{props.help}</span>}
    </div>
  )
}
