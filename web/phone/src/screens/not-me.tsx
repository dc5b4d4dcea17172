import type { Problem, Request } from '../core/index.ts'
import { at, clockTime } from '../app/time.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Refusal } from '../parts/refusal.tsx'

interface NotMeProps {
  request: Request
  busy: boolean
  problem: Problem | undefined
  onReport: () => void
  onDeny: () => void
  onBack: () => void
}

/** Asked before a report: it locks push and tells administrators, which nobody can take back. */
export function NotMe({ request, busy, problem, onReport, onDeny, onBack }: NotMeProps) {
  const body = words.notMe.body(request.user.name, request.application.name, clockTime(at(request.asked_at)))
  return (
    <Dialog sheet title={words.notMe.title} onClose={onBack}>
      <p class="dim">{body}</p>
      <Button kind="bad main" busy={busy} onClick={onReport}>{words.notMe.report}</Button>
      <ul class="small dim stack tight bullets">{words.notMe.consequences.map(text => <li>{text}</li>)}</ul>
      <Refusal problem={problem} />
      <Button disabled={busy} onClick={onDeny}>{words.notMe.changed}</Button>
      <Button kind="quiet" onClick={onBack}>{words.notMe.back}</Button>
    </Dialog>
  )
}
