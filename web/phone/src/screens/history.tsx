// The last 50 requests of this phone.

import { useEffect } from 'preact/hooks'
import { shownName, type Entry, type Outcome } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { at, clockTime, dayHeading, whenExactly } from '../app/time.ts'
import { words } from '../app/words.ts'
import { useDeed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import type { IconName } from '../parts/icon.tsx'
import { Dot, Note, SupportCode, TenantName, type Tone } from '../parts/state.tsx'
import { CallerChecks } from './caller.tsx'

const marks: Readonly<Record<Outcome, readonly [IconName, Tone]>> = {
  approved: ['#i-check', 'good'],
  denied: ['#i-undo-2', ''],
  fraud: ['#i-octagon-alert', 'bad'],
  wrong_number: ['#i-x', 'bad'],
  expired: ['#i-timer', ''],
  cancelled: ['#i-x', ''],
  elsewhere: ['#i-hash', ''],
  replaced: ['#i-refresh-cw', ''],
  code_shown: ['#i-hash', ''],
  code_used: ['#i-hash', 'good'],
}

export function History() {
  const phone = usePhone()
  const load = useDeed()
  useEffect(() => { void load.run(() => phone.loadHistory()) }, [])
  const entries = phone.history.value
  const several = new Set(phone.accounts.value.map(account => account.tenant.id)).size > 1
  return (
    <Screen title={words.history.title} tab="history" bar={<Title>{words.history.title}</Title>}>
      <CallerChecks />
      {load.problem !== undefined && <Note tone="warn" icon="#i-wifi-off">{words.history.offline}</Note>}
      {entries.length === 0 ? <Empty /> : days(entries, phone.clock.value).map(([heading, those]) => (
        <section class="stack" aria-label={heading} key={heading}>
          <h2 class="label dim">{heading}</h2>
          <ul class="list">{those.map(entry => <li key={entry.id}><Line entry={entry} several={several} /></li>)}</ul>
        </section>
      ))}
      {entries.length > 0 && <p class="faint small center">{words.history.foot}</p>}
    </Screen>
  )
}

/** Entries by the day they happened on, in their order. */
function days(entries: readonly Entry[], now: number): [string, Entry[]][] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const heading = dayHeading(at(entry.at), now)
    groups.set(heading, [...groups.get(heading) ?? [], entry])
  }
  return [...groups]
}

function Line({ entry, several }: { entry: Entry; several: boolean }) {
  const phone = usePhone()
  const [icon, tone] = marks[entry.outcome]
  const account = phone.accounts.value.find(one => one.phone === entry.phone)
  const what = words.history.outcome(entry.outcome, entry.client.address)
  return (
    <a class="item" href={`#history/${entry.id}`}>
      <Dot icon={icon} tone={tone} />
      <span class="stack none"><strong>{entry.application.name}</strong><span class="small dim">{what}{several && account !== undefined && ` · ${shownName(account)}`}</span></span>
      <span class="small faint">{clockTime(at(entry.at))}</span>
    </a>
  )
}

function Empty() {
  return (
    <div class="empty">
      <svg viewBox="0 0 120 72" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
        <rect x="26" y="6" width="68" height="60" rx="6" /><path d="M52 22h30M52 38h24M52 52h28" />
        <circle class="f-plain" stroke="none" cx="40" cy="22" r="5" /><circle cx="40" cy="38" r="4" /><circle cx="40" cy="52" r="4" />
      </svg>
      <h2>{words.history.empty}</h2>
      <p class="dim">{words.history.emptyHelp}</p>
    </div>
  )
}

/** One request as it was, for a talk with the help desk. */
export function HistoryEntry({ id }: { id: string }) {
  const phone = usePhone()
  const entry = phone.history.value.find(one => one.id === id)
  const account = phone.accounts.value.find(one => one.phone === entry?.phone)
  const bar = <Back to="#history" />
  if (entry === undefined) {
    return <Screen title={words.history.entryTitle} bar={bar}><Title>{words.history.gone}</Title></Screen>
  }
  const [icon, tone] = marks[entry.outcome]
  return (
    <Screen title={`${entry.application.name}, ${words.history.entryTitle}`} bar={<>{bar}{account !== undefined && <TenantName hue={account.tenant.hue} name={account.tenant.name} />}</>}>
      <Dot big icon={icon} tone={tone} />
      <div class="stack tight">
        <Title>{entry.application.name}</Title>
        <p class="dim">{words.history.outcome(entry.outcome, undefined)}</p>
      </div>
      <Facts>
        {account !== undefined && <Fact word={words.facts.user}>{account.user.name}</Fact>}
        <Fact word={words.facts.from}>
          {entry.client.address ?? words.facts.noAddress}
          {entry.client.new_network && <small class="odd">{words.facts.newNetworkThen}</small>}
        </Fact>
        <Fact word={words.facts.with}>{entry.client.program ?? words.facts.noProgram}{entry.client.platform !== undefined && <small>{entry.client.platform}</small>}</Fact>
        <Fact word={words.facts.ended}>{whenExactly(at(entry.at), phone.clock.value)}</Fact>
        <Fact word={words.facts.support}><SupportCode code={entry.support_code} /><small>{words.facts.supportHelp}</small></Fact>
      </Facts>
    </Screen>
  )
}
