// How an answer ended.

import { useState } from 'preact/hooks'
import type { Answered, PhoneCode, Request } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { at, clockSeconds } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Ring } from '../parts/ring.tsx'
import { Dot, Note, SupportCode, TenantName, type Tone } from '../parts/state.tsx'
import type { IconName } from '../parts/icon.tsx'
import { grouped } from './codes.tsx'

interface Shown {
  readonly title: string
  readonly body: string
  readonly icon: IconName
  readonly tone: Tone
}

function shown(request: Request, answered: Answered, ended: boolean): Shown {
  const app = request.application.name
  if (ended) return { title: words.result.endedTitle, body: words.result.endedBody(app, request.user.name), icon: '#i-ban', tone: '' }
  switch (answered.outcome) {
    case 'approved': return { title: words.result.approved, body: words.result.approvedBody(app, request.user.name, clockSeconds(at(answered.at))), icon: '#i-check', tone: 'good' }
    case 'denied': return { title: words.result.denied, body: words.result.deniedBody(app), icon: '#i-undo-2', tone: '' }
    case 'fraud': return { title: words.result.fraud, body: words.result.fraudBody(app), icon: '#i-octagon-alert', tone: 'bad' }
    case 'wrong_number': return { title: words.result.wrong, body: words.result.wrongBody(app), icon: '#i-x', tone: 'bad' }
  }
}

interface ResultProps {
  request: Request
  answered: Answered
  /** Another request waits. */
  more: boolean
  onDone: () => void
}

export function Result({ request, answered, more, onDone }: ResultProps) {
  const phone = usePhone()
  const deed = useDeed()
  const [ended, setEnded] = useState(false)
  const text = shown(request, answered, ended)
  const approved = answered.outcome === 'approved'
  return (
    <Screen
      title={text.title} bar={<TenantName hue={request.tenant.hue} name={request.tenant.name} />}
      dock={<Button onClick={onDone}>{more ? words.ended.next : words.done}</Button>}
    >
      <div class="stack" role="status">
        <Dot big icon={text.icon} tone={text.tone} />
        <Title>{text.title}</Title>
        <p class="dim">{text.body}</p>
      </div>
      {answered.outcome === 'fraud' && <ol class="steps tight">{words.result.fraudNext.map(step => <li><p>{step}</p></li>)}</ol>}
      <Facts>
        <Fact word={words.facts.user}>{request.user.name}</Fact>
        <Fact word={words.facts.from}>{request.client.address ?? words.facts.noAddress}</Fact>
        {approved && (
          <Fact word={words.facts.proof}>
            {request.match_number === 'required' ? words.result.matched : words.result.signed}
            {request.user_verification && <small>{words.result.verified}</small>}
          </Fact>
        )}
        <Fact word={words.facts.support}><SupportCode code={answered.support_code} /><small>{words.facts.supportHelp}</small></Fact>
      </Facts>
      {approved && answered.session && !ended && (
        <Button kind="bad" busy={deed.busy} onClick={() => void deed.run(async () => { await phone.endSession(request); setEnded(true) })}>{words.result.mistake}</Button>
      )}
      <Refusal problem={deed.problem} />
    </Screen>
  )
}

/** Six digits for a client that can show nothing; 60 s, once. */
export function CodeShown({ request, code, onDone }: { request: Request; code: PhoneCode; onDone: () => void }) {
  const phone = usePhone()
  const [first] = useState(phone.clock.value)
  const until = at(code.expires_at)
  const left = (until - phone.clock.value) / 1000
  const title = words.request.codeTitle(request.application.name)
  const over = left <= 0
  return (
    <Screen
      title={title}
      bar={<><TenantName hue={request.tenant.hue} name={request.tenant.name} /><span class="push">{!over && <Ring left={left} of={Math.min(60, (until - first) / 1000)} late={left <= 10} />}</span></>}
      dock={<Button onClick={onDone}>{words.done}</Button>}
    >
      <Title>{title}</Title>
      {over
        ? <Note icon="#i-timer" title={words.request.codeOver} role="status">{words.request.codeOverHelp}</Note>
        : <p class="plate"><span class="sr">{words.request.codeSpoken(code.code)}</span><span aria-hidden="true">{grouped(code.code)}</span></p>}
      {!over && <ol class="steps tight">{words.request.codeSteps.map(step => <li><p>{step}</p></li>)}</ol>}
      {!over && <p class="small dim">{words.request.codeOnce}</p>}
      <Facts>
        <Fact word={words.facts.user}>{request.user.name}</Fact>
        <Fact word={words.facts.from}>{request.client.address ?? words.facts.noAddress}</Fact>
        <Fact word={words.facts.support}><SupportCode code={request.support_code} /><small>{words.facts.supportHelp}</small></Fact>
      </Facts>
    </Screen>
  )
}
