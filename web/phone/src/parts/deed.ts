import { useState } from 'preact/hooks'
import { isProblem, type Problem } from '../core/index.ts'
import { remember } from '../app/trouble.ts'

export interface Deed {
  readonly busy: boolean
  readonly problem: Problem | undefined
  /** Runs it unless one is running; true when it went well. */
  run(deed: () => Promise<void>): Promise<boolean>
  forget(): void
}

/** Something that takes a moment and can go wrong. */
export function useDeed(): Deed {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  return {
    busy,
    problem,
    async run(deed) {
      if (busy) return false
      setBusy(true)
      setProblem(undefined)
      try {
        await deed()
        return true
      } catch (thrown) {
        if (!isProblem(thrown)) throw thrown
        remember(thrown)
        setProblem(thrown)
        return false
      } finally {
        setBusy(false)
      }
    },
    forget: () => setProblem(undefined),
  }
}
