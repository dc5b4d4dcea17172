// Step two: four words, computed by both sides, told by neither.

import type { Enrolment } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot } from '../parts/state.tsx'

interface CompareProps {
  enrolment: Enrolment
  onSame: () => void
  onStopped: () => void
}

export function Compare({ enrolment, onSame, onStopped }: CompareProps) {
  const phone = usePhone()
  const same = useDeed()
  const differ = useDeed()
  const { account } = enrolment
  const busy = same.busy || differ.busy
  return (
    <Screen
      title={words.compare.title} bar={<><span class="hue" data-hue={account.tenant.hue} /><strong>{account.tenant.name}</strong><span class="dim small push">{words.arrive.step(2)}</span></>}
      dock={
        <>
          <Button kind="main" busy={same.busy} disabled={differ.busy} onClick={() => void same.run(async () => { await phone.confirm(account.phone); onSame() })}>{words.compare.same}</Button>
          <Button kind="bad" busy={differ.busy} disabled={same.busy} onClick={() => { if (!busy) void differ.run(async () => { await phone.stop(account.phone); onStopped() }) }}>{words.compare.differ}</Button>
        </>
      }
    >
      <Title>{words.compare.title}</Title>
      <p class="dim">{words.compare.body(account.tenant.name)}</p>
      <ol class="words">{enrolment.words.map(word => <li>{word}</li>)}</ol>
      <Refusal problem={same.problem ?? differ.problem} />
      <Facts>
        <Fact word={words.facts.company}><span class="row"><span class="hue" data-hue={account.tenant.hue} />{account.tenant.name}</span></Fact>
        <Fact word={words.facts.server}>{phone.server.value?.name ?? location.host}</Fact>
        <Fact word={words.facts.user}>{account.user.name}</Fact>
      </Facts>
      <p class="small dim">{words.compare.warn}</p>
      <p class="small dim">{words.compare.noComputer}</p>
    </Screen>
  )
}

export function Stopped({ onDone }: { onDone: () => void }) {
  return (
    <Screen title={words.compare.stoppedTitle} bar={<span />} dock={<Button onClick={onDone}>{words.done}</Button>}>
      <div class="stack" role="status">
        <Dot big tone="bad" icon="#i-octagon-alert" />
        <Title>{words.compare.stoppedTitle}</Title>
        <p class="dim">{words.compare.stoppedBody}</p>
      </div>
      <p>{words.compare.stoppedNext}</p>
    </Screen>
  )
}
