// Answers to requests. What is signed is what was shown.

import type { Accounts } from './accounts.ts'
import type { Inbox } from './inbox.ts'
import type { AppLock } from './lock.ts'
import type { Request } from './phone.ts'
import { isProblem, Problem } from './problem.ts'
import type { Assertion, Server } from './server.ts'
import { codeStatementOf, statementOf } from './statement.ts'
import type { Kept } from './store.ts'
import type { Answered, Outcome, PhoneCode } from './wire.ts'

/** Answers, and what they leave. */
export class Answering {
  constructor(
    private readonly accounts: Accounts,
    private readonly inbox: Inbox,
    private readonly lock: AppLock,
    private readonly server: Server,
  ) {}

  async approve(request: Request, digits?: string): Promise<Answered> {
    const demanded = request.match_number === 'required' ? digits : undefined
    const statement = statementOf('approve', request, demanded)
    const answered = await this.verified(request, statement, (kept, assertion) =>
      this.settled(request, 'approved', () => this.server.approve(kept, request.id, statement, assertion)))
    if (answered.outcome === 'wrong_number' && (answered.tries_left ?? 0) > 0)
      this.inbox.missed(request.phone, request.id, answered.tries_left ?? 0)
    else this.inbox.end(request.id)
    return answered
  }

  /** "No" needs no lock: whoever holds the phone may say it. */
  async refuse(decision: 'deny' | 'fraud', request: Request): Promise<Answered> {
    const statement = statementOf(decision, request)
    const wanted = decision === 'deny' ? 'denied' : 'fraud'
    const answered = await this.sent(request, kept =>
      this.settled(request, wanted, () => this.server.refuse(kept, request.id, statement)))
    this.inbox.end(request.id)
    return answered
  }

  async phoneCode(request: Request): Promise<PhoneCode> {
    const statement = codeStatementOf(request)
    return this.verified(request, statement, (kept, assertion) =>
      this.server.phoneCode(kept, request.id, statement, assertion))
  }

  async end(request: Pick<Request, 'id' | 'phone'>): Promise<void> {
    await this.accounts.asking(request.phone, kept => this.server.end(kept, request.id))
  }

  /** After the lock, or with the user verified for this statement where that is demanded. */
  private async verified<T>(
    request: Request, statement: string, ask: (kept: Kept, assertion?: Assertion) => Promise<T>,
  ): Promise<T> {
    const kept = this.accounts.get(request.phone)
    const demanded = request.user_verification || kept.account.policy.user_verification === 'required'
    return this.lock.verified(kept, demanded, statement, assertion =>
      this.sent(request, of => ask(of, assertion)))
  }

  /**
   * Sends an answer; when nothing came back, once more. The server judges an answer once, so the
   * second may hear that it is so already.
   */
  private async settled(
    request: Request, wanted: 'approved' | 'denied' | 'fraud', send: () => Promise<Answered>,
  ): Promise<Answered> {
    try {
      return await send()
    } catch (thrown) {
      if (!isProblem(thrown, 'unreachable')) throw thrown
    }
    try {
      return await send()
    } catch (thrown) {
      if (!isProblem(thrown, 'not_open') || outcomeOf(thrown) !== wanted) throw thrown
      const { support_code } = request
      return { outcome: wanted, at: new Date().toISOString(), support_code, session: wanted === 'approved' }
    }
  }

  private async sent<T>(request: Request, send: (kept: Kept) => Promise<T>): Promise<T> {
    try {
      return await this.accounts.asking(request.phone, send)
    } catch (thrown) {
      if (isProblem(thrown, 'not_open')) this.inbox.end(request.id)
      throw thrown
    }
  }
}

/** How a request ended, as far as the problem says it. */
export function outcomeOf(problem: Problem): Outcome | undefined {
  const { outcome } = problem.members
  return typeof outcome === 'string' ? outcome as Outcome : undefined
}
