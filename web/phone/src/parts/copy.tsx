import { useState } from 'preact/hooks'
import { say } from './say.tsx'
import { words } from '../app/words.ts'
import { Icon } from './icon.tsx'

interface CopyProps {
  label: string
  value: string
  big?: boolean
  /** Several lines: the button stands below. */
  tall?: boolean
}

/** A value that can be selected, and a button that copies it and says so. */
export function CopyField({ label, value, big = false, tall = false }: CopyProps) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(value)
    setCopied(true)
    say(words.copied(label))
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <div class="field">
      <span class="label">{label}</span>
      <div class={tall ? 'copy tall' : 'copy'}>
        <code class={big ? 'big' : undefined}>{value}</code>
        <button class="btn" type="button" onClick={() => void copy().catch(() => say(words.notCopied))}>
          <Icon is={copied ? '#i-check' : '#i-copy'} />{copied ? words.copiedShort : words.copy}<span class="sr"> {label}</span>
        </button>
      </div>
    </div>
  )
}
