// An enrolment that broke off between the keys and the comparison.

import { useState } from 'preact/hooks'
import { usePhone } from '../app/context.ts'
import { goInstead } from '../app/route.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot } from '../parts/state.tsx'
import { After } from './after.tsx'
import { Compare, Stopped } from './compare.tsx'

export function Unfinished({ id }: { id: string }) {
  const phone = usePhone()
  const deed = useDeed()
  const [end, setEnd] = useState<'same' | 'stopped'>()
  const [found] = useState(phone.accounts.value.find(account => account.phone === id))
  const done = () => goInstead('#codes')
  if (end === 'stopped') return <Stopped onDone={done} />
  if (found === undefined) return <Screen title={words.account.gone} bar={<Back to="#codes" />}><Title>{words.account.gone}</Title><p class="dim">{words.account.goneHelp}</p></Screen>
  if (end === 'same') return <After tenant={found.tenant} user={found.user.name} step={words.arrive.step(3)} onDone={done} />
  if (found.words !== undefined) {
    return <Compare enrolment={{ account: found, words: found.words }} onSame={() => setEnd('same')} onStopped={() => setEnd('stopped')} />
  }
  const title = words.compare.unfinishedTitle(found.tenant.name)
  return (
    <Screen title={title} bar={<Back to="#codes" />} dock={<Button kind="main" busy={deed.busy} onClick={() => void deed.run(async () => { await phone.stop(id); done() })}>{words.compare.startAgain}</Button>}>
      <Dot big tone="warn" icon="#i-clock" />
      <Title>{title}</Title>
      <p class="dim">{words.compare.unfinishedBody}</p>
      <p class="dim">{words.compare.startAgainHelp}</p>
      <Refusal problem={deed.problem} />
    </Screen>
  )
}
