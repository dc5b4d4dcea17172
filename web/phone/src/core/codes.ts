// The digits of all accounts, made anew when their time is over. They need no network.

import { signal } from '@preact/signals-core'
import { codeOfStep, stepAt } from './keys.ts'
import type { Code } from './phone.ts'
import type { Kept } from './store.ts'

/** The codes that may be shown. */
export class Codes {
  readonly shown = signal<ReadonlyMap<string, Code>>(new Map())
  private of: readonly Kept[] = []
  private round = 0

  /** Shows the codes of these accounts, as they are at that time in ms. */
  async show(accounts: readonly Kept[], now: number): Promise<void> {
    const same = accounts.length === this.of.length && accounts.every((kept, i) => kept.totp.key === this.of[i]?.totp.key)
    const fresh = [...this.shown.peek().values()].every(code => now < code.until && code.until - now <= code.periodSecs * 1_000)
    if (same && fresh) return
    this.of = accounts
    this.round += 1
    const round = this.round
    // What must not be seen any more is gone at once, before the new digits are there.
    const may = new Set(accounts.map(kept => kept.phone))
    const kept = [...this.shown.peek()].filter(([phone]) => may.has(phone))
    if (kept.length !== this.shown.peek().size) this.shown.value = new Map(kept)
    const made = await Promise.all(accounts.map(async account => [account.phone, await codeAt(account, now)] as const))
    if (round === this.round) this.shown.value = new Map(made)
  }
}

/** The code of an account at a time in ms. */
export async function codeAt({ totp }: Pick<Kept, 'totp'>, now: number): Promise<Code> {
  const step = stepAt(totp, now)
  const [code, next] = await Promise.all([codeOfStep(totp, step), codeOfStep(totp, step + 1)])
  return { code, next, until: (step + 1) * totp.period_secs * 1_000, periodSecs: totp.period_secs }
}
