// Settings: what there is, its state, and the way to change it.

import type { ComponentChildren } from 'preact'
import type { Reach } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { ago, at } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Badge, Dot } from '../parts/state.tsx'
import { CallerChecks } from './caller.tsx'

interface RowProps {
  to: string
  icon: IconName
  name: string
  about: string
  state?: ComponentChildren
}

function Row({ to, icon, name, about, state }: RowProps) {
  return (
    <li>
      <a class="item" href={to}>
        <Dot icon={icon} />
        <span class="stack none"><strong>{name}</strong><span class="small dim">{about}</span></span>
        {state ?? <span class="faint"><Icon is="#i-chevron-right" /></span>}
      </a>
    </li>
  )
}

export function Settings() {
  const phone = usePhone()
  const count = phone.accounts.value.filter(account => !account.gone).length
  return (
    <Screen title={words.settings.title} tab="settings" bar={<Title>{words.settings.title}</Title>}>
      <CallerChecks />
      <ul class="list">
        <Row to="#settings/name" icon="#i-smartphone" name={phone.deviceName.value} about={words.settings.nameHelp} />
        <LockRow />
        <NoticesRow />
      </ul>
      <ul class="list">
        <Row to="#settings/accounts" icon="#i-user" name={words.settings.accounts} about={words.settings.accountsHelp(count)} />
        <StorageRow />
      </ul>
      <ul class="list">
        <Row to="#move" icon="#i-move-horizontal" name={words.settings.move} about={words.settings.moveHelp(count)} />
        <Row to="#settings/help" icon="#i-life-buoy" name={words.settings.help} about={words.settings.helpHelp} />
      </ul>
      <Version />
    </Screen>
  )
}

function LockRow() {
  const lock = usePhone().lock.value
  const demanded = lock.requiredBy.length > 0 ? words.settings.lockRequired(lock.requiredBy) : ''
  const due = lock.missing.length > 0
  const about = lock.possible === 'no' && !lock.on ? words.settings.lockNone : due ? words.settings.lockDue : lock.on ? words.settings.lockOn : words.settings.lockOff
  const state = due
    ? <Badge tone="warn" icon="#i-clock">{words.settings.due}</Badge>
    : lock.on ? <Badge tone="good" icon="#i-check">{words.settings.on}</Badge> : <Badge icon="#i-ban">{words.settings.off}</Badge>
  return <Row to="#settings/lock" icon="#i-lock" name={words.settings.lock} about={about + demanded} state={state} />
}

/** Of all accounts the one that was reached last; one that is unreachable beats them. */
export function overallReach(reaches: readonly Reach[]): Reach {
  const lost = reaches.find(reach => reach.state === 'unreachable')
  if (lost !== undefined) return lost
  const reached = reaches.filter(reach => reach.state === 'reachable' && reach.at !== undefined)
  return reached.sort((a, b) => at(b.at ?? '') - at(a.at ?? ''))[0] ?? { state: 'unknown' }
}

function NoticesRow() {
  const phone = usePhone()
  const reach = overallReach(phone.accounts.value.filter(account => account.state === 'active' && !account.gone).map(account => account.reach))
  const notices = phone.notices.value.state
  const off = notices !== 'on' && notices !== 'unknown' && notices !== 'asking'
  const last = reach.at === undefined ? words.settings.notReached : words.settings.reached(ago(at(reach.at), phone.clock.value), reach.by)
  const state = reach.state === 'unreachable'
    ? <Badge tone="warn" icon="#i-wifi-off">{words.settings.unreachable}</Badge>
    : off ? <Badge tone="warn" icon="#i-bell-off">{words.settings.off}</Badge>
      : reach.state === 'reachable' ? <Badge tone="good" icon="#i-check">{words.settings.reachable}</Badge>
        : <Badge icon="#i-clock">{words.settings.waiting}</Badge>
  return <Row to="#settings/notices" icon="#i-bell" name={words.settings.notices} about={off ? words.settings.noticesOff : last} state={state} />
}

function StorageRow() {
  const { persisted } = usePhone().install.value
  const about = persisted === undefined ? words.settings.storageUnknown : persisted ? words.settings.storageKept : words.settings.storageLoose
  return (
    <li>
      <div class="item">
        <Dot icon="#i-database" />
        <span class="stack none"><strong>{words.settings.storage}</strong><span class="small dim">{about}</span></span>
        {persisted === true && <Badge tone="good" icon="#i-check">{words.settings.kept}</Badge>}
        {persisted === false && <Badge tone="warn" icon="#i-triangle-alert">{words.settings.loose}</Badge>}
      </div>
    </li>
  )
}

function Version() {
  const phone = usePhone()
  const { version, state } = phone.update.value
  const about = state === 'current' ? words.settings.current : state === 'ready' ? words.settings.ready : words.settings.needed
  return (
    <ul class="list">
      <li>
        <div class="item">
          <Dot icon="#i-refresh-cw" />
          <span class="stack none"><strong>{words.settings.version(version)}</strong><span class="small dim">{about}</span></span>
          {state !== 'current' && <Button kind="small" onClick={() => phone.applyUpdate()}>{words.settings.load}</Button>}
        </div>
      </li>
    </ul>
  )
}
