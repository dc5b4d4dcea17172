// The text that an answer signs: exactly the facts that were on the screen.

import type { WireRequest } from './wire.ts'

/** What is decided. */
export type Decision = 'approve' | 'deny' | 'fraud'

/** The statement of an answer. Members that the request does not have stay out. */
export function statementOf(decision: Decision, request: WireRequest, digits?: string): string {
  const { address } = request.client
  return JSON.stringify({
    answer: decision,
    login: request.id,
    application: request.application.id,
    ...(address === undefined ? {} : { address }),
    ...(digits === undefined ? {} : { match_number: digits }),
  })
}

/** The statement that asks for a code. */
export function codeStatementOf(request: WireRequest): string {
  return JSON.stringify({ answer: 'code', login: request.id, application: request.application.id })
}
