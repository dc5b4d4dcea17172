// Step three: notifications and the app lock, then it is ready.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { isProblem, type Tenant } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot, TenantName } from '../parts/state.tsx'

interface AfterProps {
  tenant: Tenant
  user: string
  step: string
  onDone: () => void
}

/** What is still to be asked is found out once: a step that was done does not jump away. */
export function After({ tenant, user, step, onDone }: AfterProps) {
  const phone = usePhone()
  const { state } = phone.notices.value
  const lock = phone.lock.value
  const [notices, setNotices] = useState(state === 'off' || state === 'unanswered')
  const [locking, setLocking] = useState(lock.possible !== 'no' && (lock.missing.length > 0 || !lock.on))
  const bar = <><TenantName hue={tenant.hue} name={tenant.name} /><span class="dim small push">{step}</span></>
  if (notices) return <NoticesStep bar={bar} onDone={() => setNotices(false)} />
  if (locking) return <LockStep bar={bar} tenant={tenant} onDone={() => setLocking(false)} />
  return (
    <Screen title={words.after.doneTitle} bar={<TenantName hue={tenant.hue} name={tenant.name} />} dock={<Button kind="main" onClick={onDone}>{words.after.codes}</Button>}>
      <div class="stack" role="status">
        <Dot big tone="good" icon="#i-check" />
        <Title>{words.after.doneTitle}</Title>
        <p class="dim">{words.after.doneBody(tenant.name)}</p>
      </div>
      <ol class="steps tight"><li><p>{words.after.doneCode}</p></li><li><p>{words.after.donePush}</p></li></ol>
      <Facts>
        <Fact word={words.facts.user}>{user}</Fact>
        <Fact word={words.facts.phone}>{phone.deviceName.value}</Fact>
      </Facts>
    </Screen>
  )
}

interface StepProps { bar: ComponentChildren; onDone: () => void }

function NoticesStep({ bar, onDone }: StepProps) {
  const phone = usePhone()
  const { busy, problem, run } = useDeed()
  const unanswered = isProblem(problem, 'notices_unanswered')
  const turnOn = () => void run(() => phone.enableNotifications()).then(done => { if (done) onDone() })
  return (
    <Screen
      title={words.after.noticesTitle} bar={bar}
      dock={problem !== undefined && !unanswered
        ? <Button kind="main" onClick={onDone}>{words.prove.go}</Button>
        : <><Button kind="main" busy={busy} onClick={turnOn}>{unanswered ? words.tryAgain : words.notices.turnOn}</Button><Button kind="quiet" onClick={onDone}>{words.later}</Button></>}
    >
      <Dot big icon="#i-bell" />
      <Title>{words.after.noticesTitle}</Title>
      <p class="dim">{words.after.noticesBody}</p>
      <Refusal problem={problem} />
    </Screen>
  )
}

function LockStep({ bar, tenant, onDone }: StepProps & { tenant: Tenant }) {
  const phone = usePhone()
  const deed = useDeed()
  const demanded = phone.lock.value.requiredBy.includes(tenant.name)
  const title = demanded ? words.after.lockTitleRequired(tenant.name) : words.after.lockTitle
  return (
    <Screen
      title={title} bar={bar}
      dock={<><Button kind="main" busy={deed.busy} onClick={() => void deed.run(() => phone.registerLock()).then(done => { if (done) onDone() })}>{words.lock.turnOn}</Button><Button kind="quiet" onClick={onDone}>{words.later}</Button></>}
    >
      <Dot big icon="#i-lock" />
      <Title>{title}</Title>
      <p class="dim">{words.lock.body}</p>
      <Refusal problem={deed.problem} />
    </Screen>
  )
}
