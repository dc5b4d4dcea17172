// The help desk checks who is on the telephone: each side reads three digits to the other.

import type { Accounts } from './accounts.ts'
import type { Inbox } from './inbox.ts'
import type { AppLock } from './lock.ts'
import type { CallerCheck } from './phone.ts'
import { isProblem } from './problem.ts'
import type { Server } from './server.ts'
import type { Kept } from './store.ts'
import type { CallerDigits } from './wire.ts'

/** What the phone shows and says of such checks. */
export class Checking {
  constructor(
    private readonly accounts: Accounts,
    private readonly inbox: Inbox,
    private readonly lock: AppLock,
    private readonly server: Server,
  ) {}

  /** Behind the lock like a code: whoever reads these digits may be let in without a phone. */
  async digits(check: CallerCheck): Promise<CallerDigits> {
    const kept = this.accounts.get(check.phone)
    const demanded = kept.account.policy.user_verification === 'required'
    return this.lock.verified(kept, demanded, `authx caller check 1\n${check.id}`, assertion =>
      this.sent(check, of => this.server.callerDigits(of, check.id, assertion)))
  }

  /** Needs no lock. What is over already, is over; an answer that was lost may be sent again. */
  async deny(check: CallerCheck): Promise<void> {
    try {
      await this.sent(check, of => this.server.denyCaller(of, check.id))
    } catch (thrown) {
      if (!isProblem(thrown, 'not_open')) throw thrown
    }
    this.inbox.end(check.id)
  }

  private async sent<T>(check: CallerCheck, send: (kept: Kept) => Promise<T>): Promise<T> {
    try {
      return await this.accounts.asking(check.phone, send)
    } catch (thrown) {
      if (isProblem(thrown, 'not_open')) this.inbox.end(check.id)
      throw thrown
    }
  }
}
