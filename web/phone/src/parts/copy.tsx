import { useState } from 'preact/hooks'
import { say } from './say.tsx'
import { words } from '../app/words.ts'
import { Icon } from './icon.tsx'

/** A value that can be selected, and a button that copies it and says so. */
export function CopyField({ label, value, big = false }: { label: string; value: string; big?: boolean }) {
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
      <div class="copy">
        <code class={big ? 'big' : undefined}>{value}</code>
        <button class="btn" type="button" onClick={() => void copy().catch(() => say(words.notCopied))}>
          <Icon is={copied ? '#i-check' : '#i-copy'} />{copied ? words.copiedShort : words.copy}<span class="sr"> {label}</span>
        </button>
      </div>
    </div>
  )
}
