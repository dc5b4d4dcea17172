// The old phone of a move: a QR code for five minutes.

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { shownName, type Move as Moving } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { goInstead } from '../app/route.ts'
import { at } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { QrCode } from '../parts/qr.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Ring } from '../parts/ring.tsx'
import { Dot, Note } from '../parts/state.tsx'

export function Move() {
  const phone = usePhone()
  const deed = useDeed()
  const [moving, setMoving] = useState<Moving>()
  const [began, setBegan] = useState(0)
  const [going, setGoing] = useState<readonly string[]>([])
  const active = phone.accounts.value.filter(account => account.state === 'active' && !account.gone)
  const moved = going.length > 0 && going.every(id => !active.some(account => account.phone === id))
  const start = () => void deed.run(async () => {
    const ids = active.map(account => account.phone)
    const begun = await phone.startMove()
    setGoing(ids.filter(id => !begun.left.includes(id)))
    setBegan(phone.clock.value)
    setMoving(begun)
  })
  useEffect(() => {
    if (moving === undefined || moved) return
    // The old phone learns that it is gone when it asks.
    const timer = setInterval(() => { phone.checkNow().catch(() => {}) }, 3000)
    return () => clearInterval(timer)
  }, [moving, moved])
  if (moved) return <Moved count={going.length} ids={going} />
  if (moving === undefined) return <Before count={active.length} start={start} busy={deed.busy}><Refusal problem={deed.problem} /></Before>
  const left = (at(moving.expires_at) - phone.clock.value) / 1000
  if (left <= 0) return <Late start={start} busy={deed.busy}><Refusal problem={deed.problem} /></Late>
  const cancel = () => void deed.run(async () => { await phone.cancelMove(); goInstead('#settings') })
  const staying = phone.accounts.value.filter(account => moving.left.includes(account.phone)).map(shownName)
  return (
    <Screen
      title={words.move.title}
      bar={<><Back to="#settings" label={words.settings.to} /><strong>{words.move.title}</strong><span class="push"><Ring left={left} of={(at(moving.expires_at) - began) / 1000} late={left <= 20} /></span></>}
      dock={<Button busy={deed.busy} onClick={cancel}>{words.move.cancel}</Button>}
    >
      <Title>{words.move.scan}</Title>
      <div class="center"><QrCode text={moving.link} label={words.move.qr} /></div>
      <ol class="steps tight">{words.move.steps(going.length).map(([who, what]) => <li><p><strong>{who}</strong>{what}</p></li>)}</ol>
      <Note tone="warn" icon="#i-triangle-alert">{words.move.nobody}</Note>
      {staying.length > 0 && <Note icon="#i-info">{words.move.left(staying)}</Note>}
      <Refusal problem={deed.problem} />
    </Screen>
  )
}

interface StartProps { start: () => void; busy: boolean; children: ComponentChildren }

function Before({ count, start, busy, children }: StartProps & { count: number }) {
  const none = count === 0
  return (
    <Screen title={words.move.title} bar={<Back to="#settings" label={words.settings.to} />} dock={none ? <a class="btn main" href="#add">{words.codes.scan}</a> : <Button kind="main" busy={busy} onClick={start}>{words.move.start}</Button>}>
      <Title>{none ? words.move.nothing : words.move.title}</Title>
      <p class="dim">{none ? words.move.nothingHelp : words.move.intro(count)}</p>
      {!none && <ol class="steps tight">{words.move.before.map(text => <li><p>{text}</p></li>)}</ol>}
      {children}
    </Screen>
  )
}

function Late({ start, busy, children }: StartProps) {
  return (
    <Screen title={words.move.over} bar={<Back to="#settings" label={words.settings.to} />} dock={<Button kind="main" busy={busy} onClick={start}>{words.move.again}</Button>}>
      <Dot big icon="#i-timer" />
      <Title>{words.move.over}</Title>
      <p class="dim">{words.move.overHelp}</p>
      {children}
    </Screen>
  )
}

function Moved({ count, ids }: { count: number; ids: readonly string[] }) {
  const phone = usePhone()
  const deed = useDeed()
  const clear = () => void deed.run(async () => {
    for (const id of ids) if (phone.accounts.value.some(account => account.phone === id)) await phone.remove(id, true)
    goInstead('#codes')
  })
  return (
    <Screen title={words.move.movedTitle} bar={<span />} dock={<Button kind="main" busy={deed.busy} onClick={clear}>{words.move.clear}</Button>}>
      <div class="stack" role="status">
        <Dot big tone="good" icon="#i-check" />
        <Title>{words.move.movedTitle}</Title>
        <p class="dim">{words.move.moved(count)}</p>
      </div>
      <Refusal problem={deed.problem} />
    </Screen>
  )
}
