// Accounts: their order, their names on this phone, their end.

import { useState } from 'preact/hooks'
import { isProblem, shownName, type Account } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { goInstead } from '../app/route.ts'
import { at, when } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Fact, Facts } from '../parts/facts.tsx'
import { Field } from '../parts/field.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { Icon } from '../parts/icon.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { say } from '../parts/say.tsx'
import { Note } from '../parts/state.tsx'
import { toast } from '../parts/toast.tsx'

export function Accounts() {
  const phone = usePhone()
  const deed = useDeed()
  const accounts = phone.accounts.value
  function move(from: number, to: number) {
    const ids = accounts.map(account => account.phone)
    const [one] = ids.splice(from, 1)
    const account = accounts[from]
    if (one === undefined || account === undefined) return
    ids.splice(to, 0, one)
    void deed.run(async () => {
      await phone.reorder(ids)
      say(words.accounts.movedTo(shownName(account), to + 1, ids.length))
    })
  }
  return (
    <Screen title={words.accounts.title} bar={<><Back to="#settings" label={words.settings.to} /><a class="btn push" href="#add"><Icon is="#i-qr-code" />{words.codes.add}</a></>}>
      <Title>{words.accounts.title}</Title>
      <ol class="list">
        {accounts.map((account, index) => {
          const name = shownName(account)
          return (
            <li key={account.phone} class="item order">
              <span class="hue" data-hue={account.tenant.hue} />
              <a class="open" href={`#settings/account/${account.phone}`}><strong>{name}</strong><span class="small dim">{account.user.name}</span></a>
              <button class="btn quiet" type="button" aria-disabled={index === 0 ? 'true' : undefined} aria-label={words.accounts.up(name)} onClick={() => { if (index > 0) move(index, index - 1) }}><Icon is="#i-arrow-up" /></button>
              <button class="btn quiet" type="button" aria-disabled={index === accounts.length - 1 ? 'true' : undefined} aria-label={words.accounts.down(name)} onClick={() => { if (index < accounts.length - 1) move(index, index + 1) }}><Icon is="#i-arrow-down" /></button>
            </li>
          )
        })}
      </ol>
      <Refusal problem={deed.problem} />
      <p class="faint small center">{words.accounts.open}</p>
    </Screen>
  )
}

export function AccountPage({ id }: { id: string }) {
  const phone = usePhone()
  const account = phone.accounts.value.find(one => one.phone === id)
  const back = <Back to="#settings/accounts" />
  if (account === undefined) {
    return <Screen title={words.accounts.title} bar={back}><Title>{words.account.gone}</Title><p class="dim">{words.account.goneHelp}</p></Screen>
  }
  return <Known account={account} />
}

function Known({ account }: { account: Account }) {
  const phone = usePhone()
  const deed = useDeed()
  const [label, setLabel] = useState(account.label ?? '')
  const [doubt, setDoubt] = useState(false)
  const name = shownName(account)
  const save = (event: Event) => {
    event.preventDefault()
    void deed.run(async () => {
      await phone.rename(account.phone, label.trim())
      toast(words.account.saved)
    })
  }
  return (
    <Screen title={name} bar={<><Back to="#settings/accounts" /><span class="hue push" data-hue={account.tenant.hue} /></>}>
      <Title>{name}</Title>
      {account.gone && <Note tone="warn" icon="#i-triangle-alert" title={words.account.gone}>{words.account.goneHelp}</Note>}
      <form class="stack" onSubmit={save}>
        <Field label={words.account.label} value={label} onInput={setLabel} help={words.account.labelHelp(account.tenant.name)} maxLength={60} placeholder={account.tenant.name} />
        <Button type="submit" busy={deed.busy}>{words.account.save}</Button>
      </form>
      <Refusal problem={doubt ? undefined : deed.problem} />
      <AccountFacts account={account} now={phone.clock.value} server={phone.server.value?.name} />
      <Button kind="bad" onClick={() => setDoubt(true)}>{words.account.remove}</Button>
      {doubt && <Removal account={account} onKeep={() => setDoubt(false)} />}
    </Screen>
  )
}

function AccountFacts({ account, now, server }: { account: Account; now: number; server: string | undefined }) {
  const { reach } = account
  return (
    <Facts>
      <Fact word={words.facts.company}>{account.tenant.name}</Fact>
      <Fact word={words.facts.user}>{account.user.name}</Fact>
      {server !== undefined && <Fact word={words.facts.server}>{server}</Fact>}
      <Fact word={words.facts.apps}>{account.applications.length === 0 ? words.account.noApps : words.listed(account.applications.map(app => app.name))}</Fact>
      {reach.at !== undefined && <Fact word={words.facts.reached}>{when(at(reach.at), now)}{reach.by !== undefined && <small>{words.way(reach.by)}</small>}</Fact>}
      <Fact word={words.facts.id}><code class="small">{account.phone}</code></Fact>
    </Facts>
  )
}

/** Cannot be undone: the keys are nowhere else. */
function Removal({ account, onKeep }: { account: Account; onKeep: () => void }) {
  const phone = usePhone()
  const deed = useDeed()
  const name = shownName(account)
  const offline = isProblem(deed.problem, 'unreachable')
  const remove = (anyway: boolean) => void deed.run(async () => {
    await phone.remove(account.phone, anyway)
    toast(words.account.removed(name))
    goInstead('#settings/accounts')
  })
  return (
    <Dialog title={words.account.removeTitle(name)} onClose={onKeep}>
      {!account.gone && <p class="dim">{words.account.removeBody(account.applications.map(app => app.name), account.user.name)}</p>}
      <p class="dim">{words.account.removeMore}</p>
      {offline
        ? <Note tone="warn" icon="#i-wifi-off" role="alert">{words.account.removeOffline}</Note>
        : <Refusal problem={deed.problem} />}
      <Button kind="bad main" busy={deed.busy} onClick={() => remove(offline || account.gone)}>{offline ? words.account.removeAnyway : words.account.removeDeed(name)}</Button>
      <Button onClick={onKeep}>{words.account.keep}</Button>
    </Dialog>
  )
}
