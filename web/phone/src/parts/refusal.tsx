import type { Problem } from '../core/index.ts'
import { words } from '../app/words.ts'
import { Note, SupportCode } from './state.tsx'

/** What happened, what to do, and the support code where the server gave one. */
export function Refusal({ problem }: { problem: Problem | undefined }) {
  if (problem === undefined) return null
  const { title, advice } = words.problem(problem)
  const code = problem.members['support_code']
  const offline = problem.code === 'unreachable'
  return (
    <Note tone={offline ? 'warn' : 'bad'} icon={offline ? '#i-wifi-off' : '#i-x'} title={title} role="alert">
      {advice}{typeof code === 'string' && <> {words.sayCode} <SupportCode code={code} /></>}
    </Note>
  )
}
