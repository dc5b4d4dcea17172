// The pages of Settings that are about this phone: its name, its lock, its notifications.

import { useState } from 'preact/hooks'
import { shownName, type Notices } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { goInstead } from '../app/route.ts'
import { at, when } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Field } from '../parts/field.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import type { IconName } from '../parts/icon.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Note, type Tone } from '../parts/state.tsx'
import { toast } from '../parts/toast.tsx'

const toSettings = <Back to="#settings" label={words.settings.to} />

export function NamePage() {
  const phone = usePhone()
  const deed = useDeed()
  const [name, setName] = useState(phone.deviceName.value)
  const [empty, setEmpty] = useState(false)
  async function save() {
    await phone.nameDevice(name.trim())
    toast(words.name.saved)
    goInstead('#settings')
  }
  function submit(event: Event) {
    event.preventDefault()
    setEmpty(name.trim() === '')
    if (name.trim() !== '') void deed.run(save)
  }
  return (
    <form onSubmit={submit}>
      <Screen title={words.name.title} bar={toSettings} dock={<Button kind="main" type="submit" busy={deed.busy}>{words.name.save}</Button>}>
        <Title>{words.name.title}</Title>
        <Field label={words.name.label} value={name} onInput={setName} help={words.name.help} maxLength={60} error={empty ? words.name.empty : undefined} />
        <Refusal problem={deed.problem} />
      </Screen>
    </form>
  )
}

export function LockPage() {
  const phone = usePhone()
  const deed = useDeed()
  const lock = phone.lock.value
  const turn = (on: boolean) => void deed.run(async () => {
    await (on ? phone.registerLock() : phone.removeLock())
    toast(on ? words.lock.turnedOn : words.lock.turnedOff)
  })
  const on = lock.on && lock.missing.length === 0
  const dock = on
    ? <>{<Button onClick={() => { phone.lockNow(); goInstead('#codes') }}>{words.settings.lockNow}</Button>}{lock.requiredBy.length === 0 && <Button kind="bad" busy={deed.busy} onClick={() => turn(false)}>{words.lock.turnOff}</Button>}</>
    : lock.possible !== 'no' && <Button kind="main" busy={deed.busy} onClick={() => turn(true)}>{words.lock.turnOn}</Button>
  return (
    <Screen title={words.settings.lock} bar={toSettings} dock={dock === false ? undefined : dock}>
      <Title>{words.settings.lock}</Title>
      <p class="dim">{words.lock.body}</p>
      {lock.possible === 'no'
        ? <Note tone="warn" icon="#i-triangle-alert" title={words.lock.none}>{words.lock.noneHelp}</Note>
        : <Note tone={on ? 'good' : ''} icon={on ? '#i-check' : '#i-lock'} title={on ? words.lock.on : words.lock.off} role="status">{on ? words.lock.grace(lock.graceSecs) : undefined}</Note>}
      {lock.requiredBy.length > 0 && <p class="small dim">{on ? words.lock.keptOn(lock.requiredBy) : words.lock.requiredBy(lock.requiredBy)}</p>}
      <Refusal problem={deed.problem} />
    </Screen>
  )
}

const states: Readonly<Record<Notices['state'], readonly [Tone, IconName, string, string | undefined]>> = {
  unknown: ['', '#i-clock', words.notices.asking, undefined],
  asking: ['', '#i-clock', words.notices.asking, undefined],
  on: ['good', '#i-check', words.notices.on, undefined],
  off: ['warn', '#i-bell-off', words.notices.off, words.notices.offHelp],
  refused: ['warn', '#i-bell-off', words.notices.refused, words.notices.offHelp],
  unsupported: ['warn', '#i-bell-off', words.notices.unsupported, words.notices.unsupportedHelp],
  unanswered: ['warn', '#i-bell-off', words.notices.unanswered, words.notices.unansweredHelp],
}

export function NoticesPage() {
  const phone = usePhone()
  const deed = useDeed()
  const { state } = phone.notices.value
  const [tone, icon, title, help] = states[state]
  const dock = state === 'on'
    ? <Button kind="bad" busy={deed.busy} onClick={() => void deed.run(() => phone.disableNotifications())}>{words.notices.turnOff}</Button>
    : state === 'off' || state === 'unanswered'
      ? <Button kind="main" busy={deed.busy} onClick={() => void deed.run(() => phone.enableNotifications())}>{words.notices.turnOn}</Button>
      : undefined
  return (
    <Screen title={words.settings.notices} bar={toSettings} dock={dock}>
      <Title>{words.settings.notices}</Title>
      <p class="dim">{words.notices.body}</p>
      <Note tone={tone} icon={icon} title={title} role="status">{help}</Note>
      {state === 'refused' && <ol class="steps tight">{words.notices.refusedSteps.map(step => <li><p>{step}</p></li>)}</ol>}
      <Refusal problem={deed.problem !== undefined && deed.problem.code.startsWith('notices_') ? undefined : deed.problem} />
      <h2>{words.notices.reachTitle}</h2>
      <ReachFacts />
      {phone.live.value === 'open' && <p class="row small dim"><span class="live" aria-hidden="true" />{words.notices.liveNow}</p>}
    </Screen>
  )
}

function ReachFacts() {
  const phone = usePhone()
  const now = phone.clock.value
  return (
    <ul class="list">
      {phone.accounts.value.filter(account => account.state === 'active' && !account.gone).map(account => {
        const { reach } = account
        const text = reach.state === 'unreachable' && reach.since !== undefined
          ? words.notices.since(when(at(reach.since), now))
          : reach.at === undefined ? words.notices.never : `${when(at(reach.at), now)}${reach.by === undefined ? '' : `, ${words.way(reach.by)}`}`
        return (
          <li key={account.phone} class="item">
            <span class="hue" data-hue={account.tenant.hue} />
            <span class="stack none"><strong>{shownName(account)}</strong><span class={reach.state === 'unreachable' ? 'small odd' : 'small dim'}>{text}</span></span>
          </li>
        )
      })}
    </ul>
  )
}
