// Notices, as the page sees them: permission, subscription, and honesty about both.

import { signal } from '@preact/signals-core'
import type { Accounts } from './accounts.ts'
import type { Notices } from './phone.ts'
import { isProblem, Problem } from './problem.ts'
import { subscribed, tell } from './pushing.ts'
import type { Server } from './server.ts'

/** Web Push on this phone. */
export class Noticing {
  readonly state = signal<Notices>({ state: 'unknown' })

  constructor(
    private readonly accounts: Accounts,
    private readonly server: Server,
    private readonly registration: () => Promise<ServiceWorkerRegistration | undefined>,
    private readonly vapid: () => Promise<string | undefined>,
  ) {}

  /** On every open: looks, and subscribes again where the user wants notices. Asks nothing. */
  async look(): Promise<void> {
    try {
      if (!isSupported()) return this.is('unsupported')
      if (Notification.permission === 'denied') return this.is('refused')
      const wanted = await this.accounts.store.setting('notices') === true
      if (!wanted || Notification.permission !== 'granted') return this.is('off')
      await this.subscribe()
    } catch (thrown) {
      this.failed(thrown)
    }
  }

  /** From a tap. */
  async enable(): Promise<void> {
    if (!isSupported()) {
      this.is('unsupported')
      throw new Problem('notices_unsupported')
    }
    const before = this.state.value
    this.is('asking')
    // Nothing is waited for before: iOS asks only while the tap counts.
    const permission = await Notification.requestPermission()
    if (permission !== 'granted') {
      this.state.value = permission === 'denied' ? { state: 'refused' } : before
      throw new Problem('notices_refused')
    }
    await this.accounts.store.set('notices', true)
    try {
      await this.subscribe()
    } catch (thrown) {
      throw this.failed(thrown)
    }
  }

  async disable(): Promise<void> {
    await this.accounts.store.set('notices', false)
    const registration = await this.registration()
    const found = await registration?.pushManager.getSubscription()
    await found?.unsubscribe()
    await Promise.all(this.accounts.living().map(async ({ phone }) => {
      await this.accounts.asking(phone, kept => this.server.removeSubscription(kept)).catch(() => {})
      await this.accounts.change(phone, ({ told: _, ...kept }) => ({ ...kept, account: { ...kept.account, subscribed: false } }))
    }))
    this.is('off')
  }

  private async subscribe(): Promise<void> {
    const registration = await this.registration()
    if (registration === undefined) throw new Problem('notices_unsupported')
    const vapid = await this.vapid()
    // Never met the server: there is nothing to subscribe to yet.
    if (vapid === undefined) return this.is('off')
    const subscription = await subscribed(registration, vapid, this.accounts.active())
    await tell(subscription, this.accounts.active(), this.server, this.accounts.store)
    await this.accounts.load()
    this.is('on')
  }

  private failed(thrown: unknown): Problem {
    const problem = thrown instanceof Problem ? thrown : new Problem('notices_unanswered', 0, String(thrown))
    this.is(isProblem(problem, 'notices_unsupported') ? 'unsupported' : 'unanswered')
    return problem
  }

  private is(state: Notices['state']): void {
    this.state.value = { state }
  }
}

function isSupported(): boolean {
  return 'Notification' in globalThis && 'PushManager' in globalThis && 'serviceWorker' in navigator
}
