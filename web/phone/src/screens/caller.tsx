// The help desk checks who is on the telephone: a card above whatever page is open.

import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { shownName, type CallerCheck, type CallerDigits } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { at } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Refusal } from '../parts/refusal.tsx'
import { Ring } from '../parts/ring.tsx'
import { say } from '../parts/say.tsx'
import { TenantName } from '../parts/state.tsx'
import { toast } from '../parts/toast.tsx'

const LATE_SECS = 30

/** Of all accounts; the first has the main button, where the page has no other. */
export function CallerChecks() {
  const phone = usePhone()
  const checks = phone.callerChecks.value
  const { locked } = phone.lock.value
  return <>{checks.map((check, place) => <Card key={check.id} check={check} main={place === 0 && !locked} />)}</>
}

function Card({ check, main }: { check: CallerCheck; main: boolean }) {
  const phone = usePhone()
  const id = useId()
  const show = useDeed()
  const deny = useDeed()
  const digits = useDigits(check)
  const account = phone.accounts.value.find(account => account.phone === check.phone)
  const left = (at(check.expires_at) - phone.clock.value) / 1000
  const title = words.caller.title(check.agent)
  useEffect(() => say(title), [])
  if (account === undefined) return null
  return (
    <section class="card stack" aria-labelledby={id}>
      <div class="row nowrap"><TenantName hue={account.tenant.hue} name={shownName(account)} /><span class="push"><Ring left={left} of={(at(check.expires_at) - at(check.asked_at)) / 1000} late={left <= LATE_SECS} /></span></div>
      <h2 id={id}>{title}</h2>
      {digits.shown === undefined
        ? <p>{words.caller.body(account.tenant.name, account.user.name)}</p>
        : <Digits digits={digits.shown} />}
      <Refusal problem={show.problem ?? deny.problem} />
      {digits.shown === undefined && <Button kind={main ? 'main' : ''} busy={show.busy} disabled={deny.busy} onClick={() => { deny.forget(); void show.run(digits.ask) }}>{words.caller.show}</Button>}
      <Button kind="bad" busy={deny.busy} disabled={show.busy} onClick={() => { show.forget(); void deny.run(() => digits.leave(phone.denyCaller(check))).then(done => { if (done) denied() }) }}>{words.caller.nobody}</Button>
    </section>
  )
}

/** The card is gone: the page begins anew. */
function denied() {
  toast(words.caller.denied)
  document.querySelector<HTMLElement>('[data-focus]')?.focus()
}

/** In the order that makes it two-way: nobody reads theirs before they heard the right ones. */
function Digits({ digits }: { digits: CallerDigits }) {
  const place = useRef<HTMLDivElement>(null)
  // The button that asked for them is gone.
  useEffect(() => place.current?.focus(), [])
  return (
    <div class="stack" ref={place} tabIndex={-1}>
      <p>{words.caller.hear}</p>
      <Plate digits={digits.agent_reads} />
      <p>{words.caller.read}</p>
      <Plate digits={digits.caller_reads} />
    </div>
  )
}

function Plate({ digits }: { digits: string }) {
  return <p class="plate"><span class="sr">{words.caller.spoken(digits)}</span><span aria-hidden="true">{digits}</span></p>
}

/** The digits while the app is unlocked; when the check ends under somebody's eyes, they are told. */
function useDigits(check: CallerCheck): { shown: CallerDigits | undefined; ask(): Promise<void>; leave<T>(ending: Promise<T>): Promise<T> } {
  const phone = usePhone()
  const [digits, setDigits] = useState<CallerDigits>()
  const seen = useRef(false)
  const { locked } = phone.lock.value
  useEffect(() => { if (locked) setDigits(undefined) }, [locked])
  useEffect(() => () => {
    if (seen.current && !phone.callerChecks.value.some(({ id }) => id === check.id)) toast(words.caller.over)
  }, [])
  return {
    shown: locked ? undefined : digits,
    async ask() {
      setDigits(await phone.callerDigits(check))
      seen.current = true
    },
    /** Who ends it is told by their own deed. */
    leave(ending) {
      seen.current = false
      return ending
    },
  }
}
