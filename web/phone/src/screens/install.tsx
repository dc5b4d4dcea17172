// How to install AuthX on this kind of phone.

import type { Invitation, InvitedAccount } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { CopyField } from '../parts/copy.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Icon, Mark } from '../parts/icon.tsx'
import { InvitationFacts } from './arrive.tsx'

/** How, where the browser does not offer it by itself. */
export function InstallSteps() {
  const phone = usePhone()
  if (phone.install.value.way === 'prompt') return <p class="small dim">{words.arrive.installHelp}</p>
  return (
    <details class="card">
      <summary><Icon is="#i-download" />{words.arrive.installTitle}</summary>
      <p class="small dim">{words.arrive.installHelp}</p>
      <ol class="steps tight small">{words.arrive.menuSteps.map(text => <li><p>{text}</p></li>)}</ol>
    </details>
  )
}

/** Android and others: installing is better, and going on is possible. */
export function InstallOffer({ onHere }: { onHere: () => void }) {
  const phone = usePhone()
  if (phone.install.value.way === 'prompt') {
    return (
      <>
        <Button kind="main" onClick={() => void phone.askInstall()}><Icon is="#i-download" />{words.arrive.install}</Button>
        <Button onClick={onHere}>{words.arrive.onHere}</Button>
      </>
    )
  }
  return <Button kind="main" onClick={onHere}>{words.arrive.start}</Button>
}

/** iOS in a tab: only explain. Keys made here would not be those of the installed app. */
export function InstallFirst({ invitation, account }: { invitation: Invitation; account: InvitedAccount }) {
  const code = invitation.short_code
  return (
    <Screen title={words.arrive.installTitle} bar={<span class="brand"><Mark />AuthX</span>}>
      <Title>{words.arrive.installTitle}</Title>
      <p class="dim">{words.arrive.iosBody}</p>
      <ol class="steps tight">
        <li><p>{words.arrive.iosShare} <Icon is="#i-share" /></p></li>
        <li><p>{words.arrive.iosAdd} <Icon is="#i-square-plus" /></p></li>
        <li><p>{words.arrive.iosOpen}</p></li>
        <li><p>{words.arrive.iosScan}</p></li>
      </ol>
      {code === undefined
        ? account.moves === undefined && <p class="small dim">{words.arrive.shortElsewhere}</p>
        : <CopyField big label={words.arrive.shortLabel} value={code} />}
      <InvitationFacts invitation={invitation} account={account} />
    </Screen>
  )
}
