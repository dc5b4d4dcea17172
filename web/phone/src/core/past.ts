// What was asked before: the last 50 of all accounts, kept for when there is no network.

import { signal } from '@preact/signals-core'
import type { Accounts } from './accounts.ts'
import type { Entry } from './phone.ts'
import type { Server } from './server.ts'
import type { Outcome } from './wire.ts'

const MOST = 50

/** The history. */
export class Past {
  readonly shown = signal<readonly Entry[]>([])

  constructor(private readonly accounts: Accounts, private readonly server: Server) {}

  /** What is kept. */
  async show(): Promise<void> {
    const { store, kept } = this.accounts
    const lists = await Promise.all(kept.value.map(async ({ phone }) =>
      (await store.history(phone)).map((entry): Entry => ({ ...entry, phone }))))
    const newest = lists.flat().sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    this.shown.value = newest.slice(0, MOST)
  }

  /**
   * Asks all servers; an account that cannot be asked keeps what it had.
   *
   * @throws Problem when none answered
   */
  async load(): Promise<void> {
    const active = this.accounts.active()
    const outcomes = await Promise.allSettled(active.map(({ phone }) => this.ask(phone)))
    await this.show()
    const failed = outcomes.filter(outcome => outcome.status === 'rejected')
    if (failed[0] !== undefined && failed.length === active.length) throw failed[0].reason
  }

  async whatBecameOf(phone: string, id: string): Promise<Outcome | undefined> {
    try {
      await this.ask(phone)
      const entries = await this.accounts.store.history(phone)
      return entries.find(entry => entry.id === id)?.outcome
    } catch {
      return undefined
    }
  }

  private async ask(phone: string): Promise<void> {
    const entries = await this.accounts.asking(phone, kept => this.server.history(kept))
    await this.accounts.store.setHistory(phone, entries)
  }
}
