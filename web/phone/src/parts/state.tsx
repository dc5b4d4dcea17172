import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

export type Tone = 'good' | 'warn' | 'bad' | ''

/** A word, a shape, a colour: understood in grey as well. */
export function Badge({ tone = '', icon, children }: { tone?: Tone; icon: IconName; children: ComponentChildren }) {
  return <span class={`badge ${tone}`.trim()}><Icon is={icon} />{children}</span>
}

/** A round mark beside an entry or above a result. */
export function Dot({ tone = '', icon, big = false }: { tone?: Tone; icon: IconName; big?: boolean }) {
  return <span class={`dot ${big ? 'big ' : ''}${tone}`.trim()}><Icon is={icon} /></span>
}

interface NoteProps {
  tone?: Tone
  icon: IconName
  title?: string
  /** `alert` where it answers what the user just did. */
  role?: 'alert' | 'status'
  children?: ComponentChildren
  deed?: ComponentChildren
}

/** What happened and what to do, where it arose. */
export function Note({ tone = '', icon, title, role, children, deed }: NoteProps) {
  return (
    <div class={`note ${tone}`.trim()} role={role}>
      <Icon is={icon} />
      <div class="stack tight">
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <p class="small">{children}</p>}
      </div>
      {deed}
    </div>
  )
}

/** Six characters that name a login to the help desk: drawn once, read letter by letter. */
export function SupportCode({ code }: { code: string }) {
  return <><span class="sr">{[...code].join(' ')}</span><span class="code6" aria-hidden="true">{code}</span></>
}

/** A company: its colour never stands without its name. */
export function TenantName({ hue, name }: { hue: number; name: string }) {
  return <><span class="hue" data-hue={hue} /><strong>{name}</strong></>
}
