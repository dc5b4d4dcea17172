import type { RefObject } from 'preact'
import { words } from '../app/words.ts'
import { Icon } from './icon.tsx'

interface MatchProps {
  value: string
  onInput: (digits: string) => void
  /** The sentence in place of the hint. */
  error?: string | undefined
  /** The digits that stand there are the wrong ones. */
  red?: boolean
  /** A sentence that a person should look at, in place of the hint. */
  odd?: string | undefined
  /** The number was touched: a note that stood in the pad's place may go. */
  onTouch?: () => void
  input: RefObject<HTMLInputElement | null>
  /** Whether the pad is on screen, so that the system's own stays away. */
  pad: boolean
  readOnly?: boolean
}

/** What counts of a paste or a dictation: digits, at most six. */
export function onlyDigits(text: string): string {
  return text.normalize('NFKC').replace(/[^0-9]/g, '').slice(0, 6)
}

/** The number of the VPN prompt: one real input over six drawn cells, and a pad of its own. */
export function MatchNumber({ value, onInput, error, red = false, odd, onTouch, input, pad, readOnly = false }: MatchProps) {
  const cells = [0, 1, 2, 3, 4, 5].map(at => (
    <span aria-hidden="true" class={at === value.length && !readOnly && !red ? 'next' : undefined}>{value[at] ?? ''}</span>
  ))
  const press = (digit: string) => { if (!readOnly) onInput(red ? digit : onlyDigits(value + digit)) }
  return (
    <>
      <div class="field">
        <label for="match">{words.request.matchLabel}</label>
        <div class="match" onPointerDown={onTouch}>
          <input
            ref={input} id="match" type="text" inputMode={pad ? 'none' : 'numeric'} autocomplete="off" value={value} readOnly={readOnly}
            aria-describedby="match-hint" aria-invalid={red ? 'true' : undefined}
            onInput={event => {
              const raw = event.currentTarget.value
              const digits = onlyDigits(red ? raw.slice(value.length) : raw)
              event.currentTarget.value = digits
              onInput(digits)
            }}
          />
          {cells}
        </div>
        {error !== undefined
          ? <span class="error" id="match-hint" role="alert"><Icon is="#i-x" />{error}</span>
          : <span class={odd === undefined ? 'sr' : 'small odd'} id="match-hint">{odd ?? words.request.matchHint}</span>}
      </div>
      {pad && <div class="pad" role="group" aria-label={words.request.pad}>
        {['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(digit => <button type="button" onClick={() => press(digit)}>{digit}</button>)}
        <span />
        <button type="button" onClick={() => press('0')}>0</button>
        <button type="button" aria-label={words.request.deleteDigit} onClick={() => { if (!readOnly) onInput(value.slice(0, -1)) }}><Icon is="#i-delete" /></button>
      </div>}
    </>
  )
}
