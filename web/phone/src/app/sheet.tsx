// Which request stands on the screen: one after another, and each until somebody is done with it.

import { useEffect, useState } from 'preact/hooks'
import type { Outcome, Request } from '../core/index.ts'
import { RequestSheet } from '../screens/request.tsx'
import { usePhone } from './context.ts'

export interface Sheet {
  /** As it was asked last; it stays after it has ended, until `done`. */
  readonly shown: Request | undefined
  readonly live: boolean
  readonly waiting: number
  done(): void
}

/** Follows the requests: takes the oldest, keeps it, and notices a client that tries again. */
export function useSheet(): Sheet {
  const phone = usePhone()
  const [kept, setKept] = useState<Request>()
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set())
  const open = phone.requests.value.filter(request => !dismissed.has(request.id))
  const live = kept === undefined ? open[0] : open.find(request => request.sheet === kept.sheet)
  const shown = live ?? kept
  useEffect(() => { if (live !== undefined) setKept(live) }, [live?.id])
  return {
    shown,
    live: live !== undefined,
    waiting: open.length,
    done() {
      if (shown !== undefined) setDismissed(new Set([...dismissed, shown.id]))
      setKept(undefined)
    },
  }
}

export function RequestDesk({ sheet }: { sheet: Sheet }) {
  const { shown, live, waiting } = sheet
  const became = useOutcome(shown, live)
  if (shown === undefined) return null
  return (
    <RequestSheet
      key={shown.sheet} request={shown} place={1} waiting={waiting}
      ended={live ? undefined : became ?? 'open'} onDone={sheet.done}
    />
  )
}

/** How a request ended that is no longer among those that wait. */
function useOutcome(shown: Request | undefined, live: boolean): Outcome | undefined {
  const phone = usePhone()
  const [outcome, setOutcome] = useState<Outcome>()
  useEffect(() => {
    setOutcome(undefined)
    if (shown === undefined || live) return
    let here = true
    phone.whatBecameOf(shown).then(found => { if (here) setOutcome(found) }).catch(() => {})
    return () => { here = false }
  }, [shown?.id, live])
  return outcome
}
