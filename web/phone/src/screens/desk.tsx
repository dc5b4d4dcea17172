// The invitation on a computer: it leads to the phone, and shows the words to compare.

import { useEffect, useState } from 'preact/hooks'
import type { Invitation, InvitedAccount } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { CopyField } from '../parts/copy.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Mark } from '../parts/icon.tsx'
import { QrCode } from '../parts/qr.tsx'
import { Dot, Note } from '../parts/state.tsx'
import { InvitationFacts } from './arrive.tsx'

const LOOK_AGAIN_MS = 2000

interface DeskProps {
  token: string
  invitation: Invitation
  account: InvitedAccount
  onHere: () => void
}

export function Desk({ token, invitation: first, account, onHere }: DeskProps) {
  const phone = usePhone()
  const [invitation, setInvitation] = useState(first)
  useEffect(() => {
    // A page that cannot ask shows what it knows, and asks again.
    const timer = setInterval(() => { phone.lookInvitation(token).then(setInvitation).catch(() => {}) }, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [token])
  const made = invitation.phones.at(-1)
  const brand = <span class="brand"><Mark />AuthX</span>
  if (made?.state === 'active') {
    return (
      <Screen title={words.arrive.deskDone(made.name)} bar={brand} frame="phone desk">
        <div class="stack" role="status"><Dot big tone="good" icon="#i-check" /><Title>{words.arrive.deskDone(made.name)}</Title><p class="dim">{words.arrive.deskDoneBody}</p></div>
        <InvitationFacts invitation={invitation} account={account} />
      </Screen>
    )
  }
  if (made !== undefined) {
    return (
      <Screen title={words.arrive.deskWords} bar={brand} frame="phone desk">
        <div class="stack" role="status"><Title>{words.arrive.deskWords}</Title><p class="dim">{words.arrive.deskWordsBody(made.name)}</p></div>
        <ol class="words">{made.words.map(word => <li>{word}</li>)}</ol>
        <Note tone="warn" icon="#i-triangle-alert">{words.arrive.deskDiffer}</Note>
        <InvitationFacts invitation={invitation} account={account} />
      </Screen>
    )
  }
  const code = invitation.short_code
  return (
    <Screen title={words.arrive.deskTitle} bar={brand} frame="phone desk">
      <Title>{words.arrive.deskTitle}</Title>
      <p class="dim">{words.arrive.deskBody(account.tenant.name, account.user.name)}</p>
      <div class="side">
        <div class="stack">
          <div class="center"><QrCode text={`${location.origin}/#${token}`} label={words.arrive.deskQr} /></div>
          {code === undefined ? <p class="small dim">{words.arrive.shortElsewhere}</p> : <CopyField big label={words.arrive.shortLabel} value={code} />}
        </div>
        <div class="stack">
          <ol class="steps tight">{words.arrive.deskSteps.map(text => <li><p>{text}</p></li>)}</ol>
          <p class="row small dim" role="status"><span class="live" aria-hidden="true" />{words.arrive.deskWaiting}</p>
          <InvitationFacts invitation={invitation} account={account} />
          <Button kind="quiet" onClick={onHere}>{words.arrive.deskHere}</Button>
        </div>
      </div>
    </Screen>
  )
}
