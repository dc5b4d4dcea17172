// Which screen stands: a request over everything, then what a link asks for, then where the user went.

import { useState } from 'preact/hooks'
import { entered, usePhone } from './context.ts'
import { goInstead, route } from './route.ts'
import { Voice } from '../parts/say.tsx'
import { Toasts } from '../parts/toast.tsx'
import { AccountPage, Accounts } from '../screens/accounts.tsx'
import { Scan, TypeCode } from '../screens/add.tsx'
import { Arrive } from '../screens/arrive.tsx'
import { Codes, Lost } from '../screens/codes.tsx'
import { Help } from '../screens/help.tsx'
import { History, HistoryEntry } from '../screens/history.tsx'
import { Move } from '../screens/move.tsx'
import { LockPage, NamePage, NoticesPage } from '../screens/preferences.tsx'
import { Settings } from '../screens/settings.tsx'
import { TooOld } from '../screens/special.tsx'
import { Unfinished } from '../screens/unfinished.tsx'
import { RequestDesk, useSheet } from './sheet.tsx'

export function App() {
  const sheet = useSheet()
  return (
    <>
      {/* What lies under a request keeps what was typed into it. */}
      <div hidden={sheet.shown !== undefined} inert={sheet.shown !== undefined}><Page /></div>
      <RequestDesk sheet={sheet} />
      <Toasts />
      <Voice />
    </>
  )
}

function Page() {
  const phone = usePhone()
  const [codesAnyway, setCodesAnyway] = useState(false)
  const opened = phone.link.value
  // A link counts while it stands in the address: who goes elsewhere has left it.
  const link = entered.value ?? (opened !== undefined && opened.kind !== 'requests' && route.value[0] === opened.token ? opened : undefined)
  if (phone.update.value.state === 'needed' && !codesAnyway) return <TooOld onCodes={() => { setCodesAnyway(true); goInstead('#codes') }} />
  if (link !== undefined) return <Arrive key={link.token} token={link.token} onDone={leave} />
  return <Routed />

  function leave() {
    entered.value = undefined
    phone.forgetLink()
    goInstead('#codes')
  }
}

function Routed() {
  const [page, part, id] = route.value
  switch (page) {
    case 'add': return part === 'type' ? <TypeCode /> : <Scan />
    case 'history': return part === undefined ? <History /> : <HistoryEntry id={part} />
    case 'lost': return <Lost />
    case 'move': return <Move />
    case 'unfinished': return <Unfinished id={part ?? ''} />
    case 'settings': return <SettingsPart part={part} id={id} />
    default: return <Codes />
  }
}

function SettingsPart({ part, id }: { part: string | undefined; id: string | undefined }) {
  switch (part) {
    case 'name': return <NamePage />
    case 'lock': return <LockPage />
    case 'notices': return <NoticesPage />
    case 'accounts': return <Accounts />
    case 'account': return <AccountPage key={id} id={id ?? ''} />
    case 'help': return <Help />
    default: return <Settings />
  }
}
