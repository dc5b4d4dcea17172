// Codes of all accounts.

import { useState } from 'preact/hooks'
import { search, shownName, type Account, type Code } from '../core/index.ts'
import { entered, usePhone } from '../app/context.ts'
import { at, day } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Screen, Title } from '../parts/frame.tsx'
import { Icon } from '../parts/icon.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Ring } from '../parts/ring.tsx'
import { Badge, Note } from '../parts/state.tsx'
import { toast } from '../parts/toast.tsx'
import { CallerChecks } from './caller.tsx'

/** From how many accounts on searching beats looking. */
const SEARCH_FROM = 8
/** A code that is copied this late counts no longer when it arrives. */
const TOO_LATE_SECS = 3
const LATE_SECS = 5

export function Codes() {
  const phone = usePhone()
  const accounts = phone.accounts.value
  const add = <a class="btn push" href="#add"><Icon is="#i-qr-code" />{words.codes.add}</a>
  if (accounts.length === 0) {
    return (
      <Screen title={words.codes.title} tab="codes" bar={<Title>{words.codes.title}</Title>}>
        <Empty />
      </Screen>
    )
  }
  return (
    <Screen title={words.codes.title} tab="codes" bar={<><Title>{words.codes.title}</Title>{add}</>}>
      <CallerChecks />
      <ReachLine />
      <Notes />
      <List />
    </Screen>
  )
}

function Empty() {
  return (
    <div class="empty">
      <svg viewBox="0 0 120 72" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
        <rect x="6" y="14" width="44" height="44" rx="6" /><path d="M14 22h10v10H14zM32 22h10v10H32zM14 40h10v10H14zM33 41v3M42 40v4M33 50h9" />
        <path d="M58 36h14" stroke-dasharray="1 5" /><rect x="80" y="6" width="32" height="60" rx="6" /><path d="M92 58h8" />
        <circle class="f-plain" stroke="none" cx="96" cy="30" r="10" /><path stroke="#fff" d="M91.5 30l3 3 5.5-6" />
      </svg>
      <h2>{words.codes.empty}</h2>
      <p class="dim">{words.codes.emptyHelp}</p>
      <a class="btn main" href="#add"><Icon is="#i-qr-code" />{words.codes.scan}</a>
      <a class="btn quiet" href="#add/type">{words.codes.type}</a>
      <a class="small" href="#lost">{words.codes.lost}</a>
    </div>
  )
}

/** Whether requests reach this phone; "not reachable" beats everything the phone itself believes. */
function ReachLine() {
  const phone = usePhone()
  const check = useDeed()
  async function now() {
    const found = await phone.checkNow()
    const names = found.failed.flatMap(id => phone.accounts.value.filter(a => a.phone === id).map(shownName))
    toast(names.length > 0 ? words.codes.checkFailed(names) : words.codes.checked(found.requests))
  }
  return (
    <>
      <p class="row small" role="group" aria-label={words.settings.notices}>
        <ReachBadge />
        <Button kind="quiet small push" busy={check.busy} onClick={() => void check.run(now)}>{words.codes.checkNow}</Button>
      </p>
      <Refusal problem={check.problem} />
    </>
  )
}

function ReachBadge() {
  const phone = usePhone()
  if (!phone.online.value) return <Badge tone="warn" icon="#i-wifi-off">{words.codes.offline}</Badge>
  const active = phone.accounts.value.filter(account => account.state === 'active' && !account.gone)
  const lost = active.filter(account => account.reach.state === 'unreachable')
  const first = lost[0]
  if (first !== undefined) {
    const since = day(at(first.reach.since ?? ''), phone.clock.value)
    const text = lost.length === active.length ? words.codes.unreachable(since) : words.codes.unreachableOne(shownName(first), since)
    return <Badge tone="warn" icon="#i-wifi-off">{text}</Badge>
  }
  const notices = phone.notices.value.state
  if (notices !== 'on' && notices !== 'unknown' && notices !== 'asking') {
    return <><Badge tone="warn" icon="#i-bell-off">{words.codes.noticesOff}</Badge><a class="small" href="#settings/notices">{words.codes.turnOn}</a></>
  }
  if (active.some(account => account.reach.state === 'reachable')) {
    return <Badge tone="good" icon="#i-check">{words.codes.reach}</Badge>
  }
  return <Badge icon="#i-clock">{words.codes.notReached}</Badge>
}

/** What a person should look at before the codes. */
function Notes() {
  const phone = usePhone()
  const lock = phone.lock.value
  const due = lock.missing.length > 0 ? lock.requiredBy : []
  return (
    <>
      {phone.update.value.state === 'ready' && (
        <Note icon="#i-refresh-cw" title={words.codes.updateReady} deed={<Button kind="small" onClick={() => phone.applyUpdate()}>{words.codes.updateLoad}</Button>} />
      )}
      {due.length > 0 && (
        <Note tone="warn" icon="#i-lock" title={words.codes.lockDue(due)} deed={<a class="btn small" href="#settings/lock">{words.codes.lockSet}</a>}>
          {words.codes.lockDueHelp}
        </Note>
      )}
    </>
  )
}

function List() {
  const phone = usePhone()
  const [query, setQuery] = useState('')
  const unlock = useDeed()
  const all = phone.accounts.value
  const shown = search(all, query)
  const locked = phone.lock.value.locked
  return (
    <>
      {all.length >= SEARCH_FROM && (
        <div class="field" role="search">
          <label class="sr" for="find">{words.codes.search}</label>
          <input class="input" id="find" type="search" autocomplete="off" spellcheck={false} placeholder={words.codes.search} value={query} onInput={event => setQuery(event.currentTarget.value)} />
          <span class="sr" role="status">{query === '' ? '' : words.codes.found(shown.length, all.length)}</span>
        </div>
      )}
      {locked && <Button kind="main" busy={unlock.busy} onClick={() => void unlock.run(() => phone.unlock())}><Icon is="#i-lock" />{words.codes.unlock}</Button>}
      <Refusal problem={unlock.problem} />
      {shown.length === 0
        ? <div class="empty"><h2>{words.codes.none(query)}</h2><p class="dim">{words.codes.noneHelp}</p><Button onClick={() => setQuery('')}>{words.codes.clear}</Button></div>
        : <ul class="stack">{shown.map(account => <li key={account.phone}><Card account={account} onUnlock={() => void unlock.run(() => phone.unlock())} /></li>)}</ul>}
      {!locked && shown.length > 0 && <p class="faint small center">{words.codes.hint}</p>}
    </>
  )
}

function Card({ account, onUnlock }: { account: Account; onUnlock: () => void }) {
  const phone = usePhone()
  const code = phone.codes.value.get(account.phone)
  const name = shownName(account)
  const hue = account.tenant.hue
  if (account.gone) {
    return <a class="acct" data-hue={hue} href={`#settings/account/${account.phone}`}><strong>{name}</strong><span class="dim small">{account.user.name}</span><span class="small late">{words.codes.goneLine}</span><span class="ringed"><Icon is="#i-chevron-right" /></span></a>
  }
  if (account.state === 'pending') {
    return <a class="acct" data-hue={hue} href={`#unfinished/${account.phone}`}><strong>{name}</strong><span class="dim small">{account.user.name}</span><span class="small">{words.codes.pendingLine}</span><span class="ringed"><Icon is="#i-chevron-right" /></span></a>
  }
  if (phone.lock.value.missing.includes(account.phone)) {
    return <a class="acct" data-hue={hue} href="#settings/lock"><strong>{name}</strong><span class="dim small">{account.user.name}, {words.codes.lockFirst}</span><span class="digits faint" aria-hidden="true">••• •••</span><span class="ringed"><Icon is="#i-lock" /></span></a>
  }
  if (phone.lock.value.locked || code === undefined) {
    return (
      <button class="acct" data-hue={hue} type="button" onClick={onUnlock}>
        <strong>{name}</strong><span class="dim small">{account.user.name}, {words.codes.locked}</span>
        <span class="digits faint" aria-hidden="true">••• •••</span><span class="ringed"><Icon is="#i-lock" /></span>
      </button>
    )
  }
  return <CodeCard account={account} name={name} code={code} now={phone.clock.value} />
}

interface CodeCardProps { account: Account; name: string; code: Code; now: number }

function CodeCard({ account, name, code, now }: CodeCardProps) {
  const left = (code.until - now) / 1000
  const late = left <= LATE_SECS
  function copy() {
    const secs = Math.max(1, Math.ceil(left))
    const next = left <= TOO_LATE_SECS
    navigator.clipboard.writeText(next ? code.next : code.code)
      .then(() => toast(next ? words.codes.copiedNext(name, secs) : words.codes.copied(name)))
      .catch(() => toast(words.codes.notCopied))
  }
  return (
    <button class="acct" data-hue={account.tenant.hue} type="button" onClick={copy}>
      <strong>{name}</strong>
      <span class="dim small">{account.user.name}</span>
      <span class="sr">{words.codes.codeSpoken(code.code)}</span>
      <span class="row nowrap" aria-hidden="true">
        <span class="digits">{grouped(code.code)}</span>
        {late && <span class="then">{words.codes.next}<b>{grouped(code.next)}</b></span>}
      </span>
      <Ring left={left} of={code.periodSecs} late={late} />
    </button>
  )
}

/** Digits in groups of three. */
export function grouped(code: string): string {
  return code.replace(/(\d{3})(?=\d)/g, '$1 ')
}

/** What to do when the browser forgot everything. */
export function Lost() {
  return (
    <Screen title={words.lost.title} bar={<a class="btn quiet back" href="#codes" aria-label={words.back}><Icon is="#i-arrow-left" /></a>}
      dock={<><a class="btn main" href="#add" onClick={() => { entered.value = undefined }}><Icon is="#i-qr-code" />{words.lost.scan}</a></>}>
      <Title>{words.lost.title}</Title>
      <p class="dim">{words.lost.body}</p>
      <h2>{words.lost.deedTitle}</h2>
      <ol class="steps tight">{words.lost.steps.map(step => <li><p>{step}</p></li>)}</ol>
    </Screen>
  )
}
