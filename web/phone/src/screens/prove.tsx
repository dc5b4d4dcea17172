// Step one: it is the right person, and this is the phone's name.

import { useState } from 'preact/hooks'
import { isProblem, type InvitedAccount } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed, type Deed } from '../parts/deed.ts'
import { Field } from '../parts/field.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot } from '../parts/state.tsx'

interface ProveProps {
  token: string
  kind: 'password' | 'code'
  account: InvitedAccount
  busy: boolean
  onProved: (activation: string) => void
  onBack: () => void
  onDone: () => void
}

export function Prove({ token, kind, account, busy, onProved, onBack, onDone }: ProveProps) {
  const phone = usePhone()
  const deed = useDeed()
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string>()
  const secret = kind === 'password'
  const title = secret ? words.prove.titlePassword : words.prove.titleCode
  const wrong = isProblem(deed.problem, 'wrong_proof') ? Number(deed.problem.members['left'] ?? 1) : undefined
  if (wrong === 0) return <Dead onDone={onDone} />
  const says = wrong === undefined ? undefined : secret ? words.prove.wrongPassword(wrong) : words.prove.wrongCode(wrong)
  function submit(event: Event) {
    event.preventDefault()
    deed.forget()
    setError(undefined)
    if (typed.trim() === '') {
      setTimeout(() => setError(secret ? words.prove.emptyPassword : words.prove.emptyCode))
      return
    }
    void deed.run(async () => {
      const proof = secret ? { kind: 'password' as const, password: typed } : { kind: 'code' as const, code: typed.trim() }
      try {
        onProved((await phone.prove(token, proof)).activation)
      } finally {
        // A password never stays, right or wrong.
        if (secret) setTyped('')
      }
    })
  }
  return (
    <form onSubmit={submit}>
      <Screen title={title} bar={<><Back onClick={onBack} /><span class="dim small push">{words.arrive.step(1)}</span></>} dock={<Button kind="main" type="submit" busy={deed.busy || busy}>{words.prove.go}</Button>}>
        <Title>{title}</Title>
        <p class="dim">{secret ? words.prove.bodyPassword(account.user.name, account.tenant.name) : words.prove.bodyCode(account.tenant.name)}</p>
        <Field
          label={secret ? words.prove.password : words.prove.code} value={typed} onInput={setTyped} secret={secret} code={!secret}
          name={kind} autocomplete={secret ? 'current-password' : 'one-time-code'} inputMode={secret ? 'text' : 'numeric'} error={error ?? says}
        />
        <Refusal problem={wrong === undefined ? deed.problem : undefined} />
      </Screen>
    </form>
  )
}

function Dead({ onDone }: { onDone: () => void }) {
  return (
    <Screen title={words.prove.deadTitle} bar={<span class="dim small push">{words.arrive.step(1)}</span>} dock={<Button onClick={onDone}>{words.done}</Button>}>
      <Dot big tone="bad" icon="#i-x" />
      <Title>{words.prove.deadTitle}</Title>
      <p class="dim">{words.prove.deadBody}</p>
    </Screen>
  )
}

interface NameStepProps {
  /** The binding, whose refusal shows here. */
  deed: Deed
  onNamed: () => void
  onBack: () => void
}

export function NameStep({ deed, onNamed, onBack }: NameStepProps) {
  const phone = usePhone()
  const naming = useDeed()
  const [name, setName] = useState(phone.deviceName.value)
  const [empty, setEmpty] = useState(false)
  function submit(event: Event) {
    event.preventDefault()
    setEmpty(name.trim() === '')
    if (name.trim() === '') return
    void naming.run(() => phone.nameDevice(name.trim())).then(done => { if (done) onNamed() })
  }
  return (
    <form onSubmit={submit}>
      <Screen title={words.name.title} bar={<><Back onClick={onBack} /><span class="dim small push">{words.arrive.step(1)}</span></>} dock={<Button kind="main" type="submit" busy={deed.busy || naming.busy}>{words.prove.go}</Button>}>
        <Title>{words.name.title}</Title>
        <Field label={words.name.label} value={name} onInput={setName} help={words.name.help} maxLength={60} name="phone" error={empty ? words.name.empty : undefined} />
        <Refusal problem={deed.problem ?? naming.problem} />
      </Screen>
    </form>
  )
}
