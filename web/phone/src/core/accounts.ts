// The accounts on this phone: what is kept, as state.

import { computed, signal } from '@preact/signals-core'
import type { Account } from './phone.ts'
import { isProblem, Problem } from './problem.ts'
import type { Kept, Store } from './store.ts'
import type { WireAccount } from './wire.ts'

/** All accounts, and every change of one. */
export class Accounts {
  readonly kept = signal<readonly Kept[]>([])
  readonly shown = computed(() => this.kept.value.map(shown))

  constructor(readonly store: Store) {}

  /** Reads again what is kept: another tab or the worker may have changed it. */
  async load(): Promise<void> {
    this.kept.value = await this.store.accounts()
  }

  /** @throws Problem `no_account` */
  get(phone: string): Kept {
    const found = this.kept.value.find(kept => kept.phone === phone)
    if (found === undefined) throw new Problem('no_account')
    return found
  }

  /** Those that the server can be asked about. */
  living(): readonly Kept[] {
    return this.kept.value.filter(kept => !kept.gone)
  }

  /** Those that can be asked to approve. */
  active(): readonly Kept[] {
    return this.living().filter(kept => kept.account.state === 'active')
  }

  async add(kept: Kept): Promise<void> {
    await this.store.addAccount(kept)
    await this.load()
  }

  async change(phone: string, change: (kept: Kept) => Kept): Promise<void> {
    const changed = await this.store.changeAccount(phone, change)
    if (changed === undefined) return
    this.kept.value = this.kept.value.map(kept => kept.phone === phone ? changed : kept)
  }

  async remove(phone: string): Promise<void> {
    await this.store.removeAccount(phone)
    await this.load()
  }

  /** The server said how an account stands. */
  async heard(account: WireAccount): Promise<Account> {
    await this.change(account.phone, kept => {
      const now = { ...kept, account, gone: false, heardAt: Date.now() }
      if (account.state === 'pending') return now
      const { words: _, ...compared } = now
      return compared
    })
    return shown(this.get(account.phone))
  }

  /** Asks for one account, and notes when its keys are dead. */
  async asking<T>(phone: string, ask: (kept: Kept) => Promise<T>): Promise<T> {
    try {
      return await ask(this.get(phone))
    } catch (thrown) {
      if (isProblem(thrown, 'phone_gone')) await this.change(phone, kept => ({ ...kept, gone: true }))
      throw thrown
    }
  }
}

function shown(kept: Kept): Account {
  const { account, label, gone, heardAt, words } = kept
  return { ...account, gone, heardAt, ...(label === undefined ? {} : { label }), ...(words === undefined ? {} : { words }) }
}
