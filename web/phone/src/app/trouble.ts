// The last thing that went wrong, for "Get help".

import { signal } from '@preact/signals'
import type { Problem } from '../core/index.ts'

export interface Trouble {
  readonly at: number
  readonly code: string
  readonly status: number
  readonly supportCode?: string
}

/** Of this session; nothing of it is kept. */
export const lastTrouble = signal<Trouble | undefined>(undefined)

/** Keeps what the help desk asks for: never what was typed. */
export function remember(problem: Problem) {
  const code = problem.members['support_code']
  lastTrouble.value = {
    at: Date.now(), code: problem.code, status: problem.status,
    ...(typeof code === 'string' ? { supportCode: code } : {}),
  }
}
