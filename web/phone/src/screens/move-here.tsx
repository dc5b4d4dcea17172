// The new phone of a move.

import { useState } from 'preact/hooks'
import type { Invitation, MoveProgress } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { useDeed } from '../parts/deed.ts'
import { Screen, Title } from '../parts/frame.tsx'
import { Mark } from '../parts/icon.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { Dot } from '../parts/state.tsx'
import { After } from './after.tsx'
import { NameStep } from './prove.tsx'

interface MoveHereProps {
  token: string
  invitation: Invitation
  onDone: () => void
}

type Stage = 'ask' | 'name' | 'moved' | 'after'

export function MoveHere({ token, invitation, onDone }: MoveHereProps) {
  const phone = usePhone()
  const deed = useDeed()
  const [stage, setStage] = useState<Stage>('ask')
  const [progress, setProgress] = useState<MoveProgress>()
  const [first] = useState(phone.accounts.value.length === 0)
  const { accounts } = invitation
  const one = accounts[0]
  const move = () => void deed.run(async () => {
    await phone.finishMove(token, invitation, setProgress)
    setStage('moved')
  })
  if (stage === 'name') return <NameStep deed={deed} onNamed={() => { setStage('ask'); move() }} onBack={() => setStage('ask')} />
  if (stage === 'after' && one !== undefined) return <After tenant={one.tenant} user={one.user.name} step="" onDone={onDone} />
  if (stage === 'moved') {
    return (
      <Screen title={words.move.movedTitle} bar={<span class="brand"><Mark />AuthX</span>} dock={<Button kind="main" onClick={() => setStage('after')}>{words.prove.go}</Button>}>
        <div class="stack" role="status"><Dot big tone="good" icon="#i-check" /><Title>{words.move.movedTitle}</Title><p class="dim">{words.move.newDone(accounts.length)}</p></div>
      </Screen>
    )
  }
  const title = words.move.newTitle(accounts.length)
  return (
    <Screen
      title={title} bar={<span class="brand"><Mark />AuthX</span>}
      dock={<><Button kind="main" busy={deed.busy} onClick={() => { if (first && progress === undefined) setStage('name'); else move() }}>{words.move.here}</Button><Button kind="quiet" disabled={deed.busy} onClick={onDone}>{words.cancel}</Button></>}
    >
      <Title>{title}</Title>
      <p class="dim">{words.move.newBody}</p>
      <ul class="list">
        {accounts.map((account, index) => (
          <li class="item">
            <span class="hue" data-hue={account.tenant.hue} />
            <span class="stack none"><strong>{account.tenant.name}</strong><span class="small dim">{account.user.name}</span></span>
            {progress !== undefined && index < progress.done && <Dot tone="good" icon="#i-check" />}
          </li>
        ))}
      </ul>
      <p class="small dim" role="status">{deed.busy && progress !== undefined ? words.move.moving(progress.done, progress.of) : ''}</p>
      <Refusal problem={deed.problem} />
    </Screen>
  )
}
