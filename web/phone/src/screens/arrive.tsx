// An invitation was opened, scanned or typed: what it is, and the way through it.

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Enrolment, Invitation, InvitedAccount } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { onComputer } from '../app/device.ts'
import { at, when } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Icon, Mark } from '../parts/icon.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot } from '../parts/state.tsx'
import { After } from './after.tsx'
import { Compare, Stopped } from './compare.tsx'
import { Desk } from './desk.tsx'
import { InstallFirst, InstallOffer, InstallSteps } from './install.tsx'
import { MoveHere } from './move-here.tsx'
import { NameStep, Prove } from './prove.tsx'

/** Where a person stands between the link and "this phone is ready". */
type Step =
  | { readonly at: 'welcome' }
  | { readonly at: 'prove' }
  | { readonly at: 'name'; readonly activation: string }
  | { readonly at: 'compare'; readonly enrolment: Enrolment }
  | { readonly at: 'stopped' }
  | { readonly at: 'after' }

interface ArriveProps {
  token: string
  onDone: () => void
}

export function Arrive({ token, onDone }: ArriveProps) {
  const phone = usePhone()
  const look = useDeed()
  const [invitation, setInvitation] = useState<Invitation>()
  const [desk, setDesk] = useState(onComputer() && !phone.install.value.installed)
  const read = () => void look.run(async () => setInvitation(await phone.lookInvitation(token)))
  useEffect(read, [token])
  const account = invitation?.accounts[0]
  if (look.problem !== undefined) {
    return look.problem.code === 'not_open' ? <Over onDone={onDone} /> : <Unread onAgain={read} busy={look.busy} onDone={onDone}><Refusal problem={look.problem} /></Unread>
  }
  if (invitation === undefined || account === undefined) {
    return (
      <Screen title={words.arrive.looking} bar={<span class="brand"><Mark />AuthX</span>}>
        <h1 class="sr">{words.arrive.looking}</h1>
        <p class="row dim" role="status"><span class="live" aria-hidden="true" />{words.arrive.looking}</p>
      </Screen>
    )
  }
  if (!phone.install.value.mayEnrol) return <InstallFirst invitation={invitation} account={account} />
  if (account.moves !== undefined) return <MoveHere token={token} invitation={invitation} onDone={onDone} />
  if (desk) return <Desk token={token} invitation={invitation} account={account} onHere={() => setDesk(false)} />
  return <Steps token={token} invitation={invitation} account={account} onDone={onDone} />
}

interface StepsProps extends ArriveProps {
  invitation: Invitation
  account: InvitedAccount
}

function Steps({ token, invitation, account, onDone }: StepsProps) {
  const phone = usePhone()
  const [step, setStep] = useState<Step>(() => {
    // What broke off between the keys and the comparison goes on there.
    const begun = phone.accounts.value.find(one => one.state === 'pending' && !one.gone && one.tenant.id === account.tenant.id && one.user.id === account.user.id)
    return begun?.words === undefined ? { at: 'welcome' } : { at: 'compare', enrolment: { account: begun, words: begun.words } }
  })
  const [first] = useState(phone.accounts.value.length === 0)
  const bind = useDeed()
  const activate = (activation: string) => bind.run(async () => {
    setStep({ at: 'compare', enrolment: await phone.activate(activation, account) })
  })
  const proved = (activation: string) => {
    if (first) setStep({ at: 'name', activation })
    else void activate(activation).then(done => { if (!done) setStep({ at: 'name', activation }) })
  }
  switch (step.at) {
    case 'welcome': return <Welcome invitation={invitation} account={account} onCancel={onDone} onStart={() => invitation.proof === 'none' ? proved(token) : setStep({ at: 'prove' })} />
    case 'prove': return <Prove token={token} kind={invitation.proof === 'code' ? 'code' : 'password'} account={account} onBack={() => setStep({ at: 'welcome' })} onProved={proved} busy={bind.busy} onDone={onDone} />
    case 'name': return <NameStep deed={bind} onNamed={() => void activate(step.activation)} onBack={() => setStep({ at: 'welcome' })} />
    case 'compare': return <Compare enrolment={step.enrolment} onSame={() => setStep({ at: 'after' })} onStopped={() => setStep({ at: 'stopped' })} />
    case 'stopped': return <Stopped onDone={onDone} />
    case 'after': return <After tenant={account.tenant} user={account.user.name} step={words.arrive.step(3)} onDone={onDone} />
  }
}

interface WelcomeProps {
  invitation: Invitation
  account: InvitedAccount
  onStart: () => void
  onCancel: () => void
}

function Welcome({ invitation, account, onStart, onCancel }: WelcomeProps) {
  const phone = usePhone()
  const title = words.arrive.title(account.tenant.name)
  const steps = { password: words.arrive.stepsPassword, code: words.arrive.stepsCode, none: words.arrive.stepsNone }[invitation.proof]
  const { installed } = phone.install.value
  return (
    <Screen
      title={title} bar={<span class="brand"><Mark />AuthX</span>}
      dock={installed
        ? <><Button kind="main" onClick={onStart}>{words.arrive.start}</Button><Button kind="quiet" onClick={onCancel}>{words.cancel}</Button></>
        : <InstallOffer onHere={onStart} />}
    >
      <Title>{title}</Title>
      <p class="dim">{words.arrive.body(account.user.name)}</p>
      <ol class="steps tight">{steps.map(text => <li><p>{text}</p></li>)}</ol>
      <InvitationFacts invitation={invitation} account={account} />
      {!installed && <InstallSteps />}
    </Screen>
  )
}

export function InvitationFacts({ invitation, account }: { invitation: Invitation; account: InvitedAccount }) {
  const phone = usePhone()
  return (
    <Facts>
      <Fact word={words.facts.company}><span class="row"><span class="hue" data-hue={account.tenant.hue} />{account.tenant.name}</span></Fact>
      <Fact word={words.facts.server}>{phone.server.value?.name ?? location.host}</Fact>
      <Fact word={words.facts.user}>{account.user.name}</Fact>
      <Fact word={words.facts.valid}>{words.facts.until(when(at(invitation.expires_at), phone.clock.value))}<small>{words.facts.opensOnce}</small></Fact>
    </Facts>
  )
}

/** Unknown, used and over look alike. */
function Over({ onDone }: { onDone: () => void }) {
  return (
    <Screen title={words.arrive.overTitle} bar={<span class="brand"><Mark />AuthX</span>} dock={<Button onClick={onDone}>{words.done}</Button>}>
      <Dot big icon="#i-timer" />
      <Title>{words.arrive.overTitle}</Title>
      <p class="dim">{words.arrive.overBody}</p>
      <p>{words.arrive.overSteps}</p>
    </Screen>
  )
}

interface UnreadProps { onAgain: () => void; onDone: () => void; busy: boolean; children: ComponentChildren }

function Unread({ onAgain, onDone, busy, children }: UnreadProps) {
  return (
    <Screen
      title={words.arrive.offlineTitle} bar={<span class="brand"><Mark />AuthX</span>}
      dock={<><Button kind="main" busy={busy} onClick={onAgain}><Icon is="#i-refresh-cw" />{words.tryAgain}</Button><Button kind="quiet" onClick={onDone}>{words.cancel}</Button></>}
    >
      <Title>{words.arrive.offlineTitle}</Title>
      {children}
    </Screen>
  )
}
