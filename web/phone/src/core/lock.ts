// The app lock: codes and approvals wait for the phone's user, by the phone's own screen lock.

import { computed, signal } from '@preact/signals-core'
import type { Accounts } from './accounts.ts'
import { sha256, utf8 } from './bytes.ts'
import type { Lock } from './phone.ts'
import { isProblem, Problem } from './problem.ts'
import type { Assertion, Server } from './server.ts'
import type { Kept, KeptCredential, KeptLock } from './store.ts'
import { isPossible, makeCredential, verify } from './verification.ts'

const GRACE_SECS = 300
/** What the credential of the app itself is for, where no account demands one. */
const APP = 'app'

/** The lock, and the user behind it. */
export class AppLock {
  private readonly kept = signal<KeptLock>({ on: false, credentials: [] })
  private readonly possible = signal<'yes' | 'no' | 'unknown'>('unknown')
  /** When the user was seen last, in ms of the phone's own clock. */
  private readonly seenAt = signal(-Infinity)
  private readonly now = signal(Date.now())

  readonly state = computed<Lock>(() => {
    const { on } = this.kept.value
    return {
      on,
      locked: on && !this.isOpen(),
      possible: this.possible.value,
      requiredBy: [...new Set(this.demanding().map(kept => kept.account.tenant.name))],
      missing: this.missing().map(kept => kept.phone),
      graceSecs: GRACE_SECS,
    }
  })

  constructor(private readonly accounts: Accounts, private readonly server: Server) {}

  async load(): Promise<void> {
    this.kept.value = await this.accounts.store.setting('lock') ?? this.kept.value
    void isPossible().then(possible => { this.possible.value = possible ? 'yes' : 'no' })
  }

  /** A second has gone by. */
  tick(): void {
    this.now.value = Date.now()
  }

  /** The user does something: the grace begins anew, if it is not over. */
  touched(): void {
    if (this.isOpen() && Date.now() - this.seenAt.value > 1_000) this.seenAt.value = Date.now()
  }

  lockNow(): void {
    this.seenAt.value = -Infinity
  }

  /** Accounts whose codes may be seen now. */
  visible(): readonly Kept[] {
    const { on, locked } = this.state.value
    if (locked) return []
    return this.accounts.kept.value.filter(kept => on || !demandsLock(kept))
  }

  /**
   * Lets the user through, after asking where the grace is over.
   *
   * @throws Problem `lock_missing`, `not_verified`, `no_screen_lock`
   */
  async pass(kept: Kept): Promise<void> {
    if (demandsLock(kept) && !this.kept.value.on) throw await this.whyMissing()
    if (this.state.value.locked) await this.unlock()
  }

  async unlock(): Promise<void> {
    const { on, credentials } = this.kept.value
    if (!on) return
    await verify(credentials.map(credential => credential.id), crypto.getRandomValues(new Uint8Array(32)))
    this.open()
  }

  /**
   * Has the user verified for this very statement.
   *
   * @throws Problem `lock_missing`, `not_verified`, `no_screen_lock`
   */
  async assert(phone: string, statement: string): Promise<Assertion> {
    const own = this.kept.value.credentials.filter(credential => credential.phone === phone)
    if (own.length === 0) throw await this.whyMissing()
    const assertion = await verify(own.map(credential => credential.id), await sha256(utf8(statement)))
    this.open()
    return assertion
  }

  /**
   * Asks for something after the lock, or with the user verified for this statement where that is
   * demanded.
   *
   * @throws Problem as `pass` and `assert`, and what `ask` throws
   */
  async verified<T>(
    kept: Kept, demanded: boolean, statement: string, ask: (assertion?: Assertion) => Promise<T>,
  ): Promise<T> {
    if (!demanded) await this.pass(kept)
    const assertion = demanded ? await this.assert(kept.phone, statement) : undefined
    try {
      return await ask(assertion)
    } catch (thrown) {
      if (!isProblem(thrown, 'verification_needed') || assertion !== undefined) throw thrown
      // The policy changed since the app heard of it.
      return ask(await this.assert(kept.phone, statement))
    }
  }

  async register(): Promise<void> {
    if (this.kept.value.on && this.state.value.locked) await this.unlock()
    for (const { phone, account } of this.missing()) {
      const credential = await makeCredential(phone, `${account.user.name}, ${account.tenant.name}`)
      await this.accounts.asking(phone, async kept => {
        const heard = await this.server.setCredential(kept, credential)
        await this.accounts.heard(heard ?? { ...kept.account, credential: true })
      })
      await this.add({ id: credential.id, phone })
    }
    if (this.kept.value.credentials.length === 0) await this.add({ id: (await makeCredential(APP, 'AuthX')).id })
    await this.keep({ ...this.kept.value, on: true })
    this.open()
  }

  async remove(): Promise<void> {
    await this.unlock()
    if (this.demanding().length > 0) throw new Problem('locked', 0, 'a tenant demands the lock')
    for (const { phone } of this.kept.value.credentials) {
      if (phone === undefined) continue
      await this.accounts.asking(phone, kept => this.server.removeCredential(kept)).catch(() => {})
    }
    await this.keep({ on: false, credentials: [] })
  }

  private isOpen(): boolean {
    return this.now.value - this.seenAt.value < GRACE_SECS * 1_000
  }

  private open(): void {
    this.now.value = Date.now()
    this.seenAt.value = Date.now()
  }

  private demanding(): readonly Kept[] {
    return this.accounts.kept.value.filter(kept => !kept.gone && demands(kept))
  }

  private missing(): readonly Kept[] {
    const { credentials } = this.kept.value
    const has = (kept: Kept) => kept.account.credential && credentials.some(credential => credential.phone === kept.phone)
    return this.demanding().filter(kept => kept.account.state === 'active' && !has(kept))
  }

  private async whyMissing(): Promise<Problem> {
    return new Problem(await isPossible() ? 'lock_missing' : 'no_screen_lock')
  }

  private async add(credential: KeptCredential): Promise<void> {
    const others = this.kept.value.credentials.filter(other => other.phone !== credential.phone)
    await this.keep({ ...this.kept.value, credentials: [...others, credential] })
  }

  private async keep(lock: KeptLock): Promise<void> {
    await this.accounts.store.set('lock', lock)
    this.kept.value = lock
  }
}

/** Codes and approvals only behind the lock. */
function demandsLock({ account: { policy } }: Kept): boolean {
  return policy.app_lock === 'required'
}

/** The lock's credential has to be known to the server. */
function demands(kept: Kept): boolean {
  return demandsLock(kept) || kept.account.policy.user_verification === 'required'
}
