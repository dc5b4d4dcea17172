// A request: facts, number and answers on one screen, and nothing else.

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Answered, Outcome, PhoneCode, Request } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { tall } from '../app/device.ts'
import { ago, at, clockTime, whenExactly } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed, type Deed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { MatchNumber, onlyDigits } from '../parts/match.tsx'
import { Ring } from '../parts/ring.tsx'
import { say } from '../parts/say.tsx'
import { Note, SupportCode, TenantName } from '../parts/state.tsx'
import { NotMe } from './not-me.tsx'
import { CodeShown, Result } from './result.tsx'

/** Nobody answers what just slid in. */
const IGNORED_MS = 500
/** How long a wrong number stands in red before the cells are empty again: its message is read first. */
const WRONG_MS = 2500

interface RequestProps {
  request: Request
  /** Its place among those that wait. */
  place: number
  waiting: number
  /** How it ended without an answer from here; `true` while that is not known yet. */
  ended: Outcome | 'open' | undefined
  onDone: () => void
}

/** One sheet: the same while a client tries again. */
export function RequestSheet({ request, place, waiting, ended, onDone }: RequestProps) {
  const [answered, setAnswered] = useState<Answered>()
  const [code, setCode] = useState<PhoneCode>()
  if (code !== undefined) return <CodeShown request={request} code={code} onDone={onDone} />
  if (answered !== undefined) return <Result request={request} answered={answered} more={waiting > 1} onDone={onDone} />
  return <Open request={request} place={place} waiting={waiting} ended={ended} onDone={onDone} onAnswered={setAnswered} onCode={setCode} />
}

/** Whether the pad has room; changes when the phone is turned. */
function usePad(): boolean {
  const [pad, setPad] = useState(tall.matches)
  useEffect(() => {
    const turned = () => setPad(tall.matches)
    tall.addEventListener('change', turned)
    return () => tall.removeEventListener('change', turned)
  }, [])
  return pad
}

interface OpenProps extends RequestProps {
  onAnswered: (answered: Answered) => void
  onCode: (code: PhoneCode) => void
}

/** The digits, and what the sheet says about them. */
function useNumber(request: Request) {
  const [digits, setDigits] = useState('')
  const [wrong, setWrong] = useState<number>()
  const [red, setRed] = useState(false)
  const [tried, setTried] = useState(false)
  const id = useRef(request.id)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const since = useRef(performance.now())
  if (id.current !== request.id) {
    id.current = request.id
    since.current = performance.now()
    setDigits('')
    setWrong(undefined)
    setRed(false)
    setTried(true)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    digits, wrong, red, tried, since,
    type(next: string) {
      clearTimeout(timer.current)
      if (red) setRed(false)
      else setWrong(undefined)
      setDigits(next)
    },
    refuse(left: number) {
      setWrong(left)
      setRed(true)
      timer.current = setTimeout(() => { setDigits(''); setRed(false) }, WRONG_MS)
    },
  }
}

function Open({ request, place, waiting, ended, onDone, onAnswered, onCode }: OpenProps) {
  const phone = usePhone()
  const deed = useDeed()
  const number = useNumber(request)
  const input = useRef<HTMLInputElement>(null)
  const [doubt, setDoubt] = useState(false)
  const pad = usePad()
  const now = phone.clock.value
  const left = (at(request.expires_at) - now) / 1000
  const over = ended !== undefined && ended !== 'open' ? ended : left <= 0 ? 'expired' : ended
  const asks = request.match_number === 'required' && request.kind === 'approval'
  useEffect(() => { if (number.tried) say(asks ? words.request.replaced : words.request.replacedNoNumber) }, [request.id])
  useEffect(() => phone.holdUpdate(), [])
  useEndedQuietly(over, onDone, doubt)

  const answer = (how: () => Promise<Answered>) => void deed.run(async () => {
    const done = await how()
    if (done.outcome === 'wrong_number' && (done.tries_left ?? 0) > 0) {
      number.refuse(done.tries_left ?? 0)
      input.current?.focus()
      return
    }
    setDoubt(false)
    onAnswered(done)
  })
  const type = (digits: string) => { deed.forget(); number.type(digits) }
  const approve = () => answer(() => phone.approve(request, asks ? number.digits : undefined))
  const early = (event: Event) => {
    if (performance.now() - number.since.current >= IGNORED_MS) return
    event.preventDefault()
    event.stopPropagation()
  }
  const typed = (event: KeyboardEvent) => {
    if (!asks || over !== undefined || deed.busy || doubt || event.target === input.current) return
    if (/^[0-9]$/.test(event.key)) { type(onlyDigits((number.red ? '' : number.digits) + event.key)); input.current?.focus(); event.preventDefault() }
  }
  return (
    <div class="rising" onClickCapture={early} onKeyDown={typed}>
      <Screen
        title={words.request.title(request.application.name)} focusKey={request.sheet} dockClass={over === undefined ? 'dock two' : 'dock'}
        bar={<><TenantName hue={request.tenant.hue} name={request.tenant.name} /><span class="push row nowrap">{waiting > 1 && <span class="small dim"><span class="sr">{words.request.word} </span>{words.request.several(place, waiting)}</span>}{over === undefined && <Ring left={left} of={(at(request.expires_at) - at(request.asked_at)) / 1000} late={left <= 10} />}</span></>}
        dock={over !== undefined
          ? <Button onClick={onDone}>{waiting > 0 && ended !== undefined ? words.ended.next : words.done}</Button>
          : <Answers request={request} ready={!asks || (number.digits.length === 6 && !number.red)} deed={deed} onApprove={approve} onCode={() => void deed.run(async () => onCode(await phone.phoneCode(request)))} onDoubt={() => setDoubt(true)} onDeny={() => answer(() => phone.deny(request))} />}
      >
        <Title>{words.request.title(request.application.name)}</Title>
        <RequestFacts request={request} now={now} />
        <Trouble deed={deed} request={request} over={over !== undefined} />
        {over !== undefined && <Over outcome={over === 'open' ? undefined : over} request={request} />}
        {over === undefined && asks && <MatchNumber value={number.digits} onInput={type} onTouch={deed.forget} input={input} pad={pad && deed.problem === undefined} readOnly={deed.busy} error={number.wrong === undefined ? undefined : words.request.wrong(number.wrong)} red={number.red} odd={number.tried ? words.request.replaced : undefined} />}
        {over === undefined && <Advice request={request} asks={asks} tried={number.tried} />}
      </Screen>
      {doubt && over === undefined && <NotMe request={request} busy={deed.busy} onReport={() => answer(() => phone.fraud(request))} onDeny={() => answer(() => phone.deny(request))} onBack={() => setDoubt(false)} problem={deed.problem} />}
    </div>
  )
}

/** What ended elsewhere goes by itself after a while, unless somebody is busy with it. */
function useEndedQuietly(over: Outcome | 'open' | undefined, onDone: () => void, busy: boolean) {
  useEffect(() => {
    if (over === undefined || busy) return
    const timer = setTimeout(onDone, 20_000)
    return () => clearTimeout(timer)
  }, [over === undefined, busy])
}

interface AnswersProps {
  request: Request
  ready: boolean
  deed: Deed
  onApprove: () => void
  onCode: () => void
  onDoubt: () => void
  onDeny: () => void
}

function Answers({ request, ready, deed, onApprove, onCode, onDoubt, onDeny }: AnswersProps) {
  return (
    <>
      {request.kind === 'code'
        ? <Button kind="main" busy={deed.busy} onClick={onCode}>{words.request.showCode}</Button>
        : <Button kind="main" disabled={!ready} busy={deed.busy} onClick={onApprove}>{words.request.approve(request.application.name)}</Button>}
      <Button kind="bad" disabled={deed.busy} onClick={onDoubt}>{words.request.notMe}</Button>
      <Button disabled={deed.busy} onClick={onDeny}>{words.request.changed}</Button>
    </>
  )
}

function Advice({ request, asks, tried }: { request: Request; asks: boolean; tried: boolean }) {
  const texts = [
    ...(tried && !asks ? [words.request.replacedNoNumber] : []),
    ...(request.kind === 'code' ? [words.request.codeIntro] : asks ? [] : [words.request.noNumber]),
    ...(request.user_verification ? [words.request.verify] : []),
  ]
  return <>{texts.map(text => <p class="small dim">{text}</p>)}</>
}

function Trouble({ deed, request, over }: { deed: Deed; request: Request; over: boolean }): ComponentChildren {
  const { problem } = deed
  if (problem === undefined || over) return null
  const offline = problem.code === 'unreachable'
  const text = offline ? { title: words.request.unanswered, advice: words.request.unansweredHelp } : words.problem(problem)
  return (
    <Note tone={offline ? 'warn' : 'bad'} icon={offline ? '#i-wifi-off' : '#i-x'} title={text.title} role="alert">
      {text.advice}{!offline && problem.code !== 'not_verified' && <> {words.sayCode} <SupportCode code={request.support_code} /></>}
    </Note>
  )
}

function Over({ outcome, request }: { outcome: Outcome | undefined; request: Request }) {
  return (
    <Note icon={outcome === 'expired' ? '#i-timer' : '#i-info'} title={words.ended.title(outcome)} role="status">
      {words.ended.help(outcome, request.application.name, clockTime(at(request.asked_at)))}
    </Note>
  )
}

/** Who asks, from where, with what, since when. */
export function RequestFacts({ request, now }: { request: Request; now: number }) {
  const { client } = request
  const asked = at(request.asked_at)
  return (
    <Facts>
      <Fact word={words.facts.user}>{request.user.name}</Fact>
      <Fact word={words.facts.from}>
        {client.address ?? words.facts.noAddress}
        {client.device !== undefined && <small>{client.device}</small>}
        {client.new_network && <small class="odd">{words.facts.newNetwork}</small>}
      </Fact>
      <Fact word={words.facts.with}>
        {client.program ?? words.facts.noProgram}
        {client.platform !== undefined && <small>{client.platform}</small>}
        {request.server.name !== undefined && <small>{words.facts.atServer(request.server.name)}</small>}
      </Fact>
      <Fact word={words.facts.asked}>{whenExactly(asked, now)}<small>{ago(asked, now)}</small></Fact>
    </Facts>
  )
}
