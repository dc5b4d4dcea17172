// The open requests of all accounts in one list, and the help desk's checks in another. What ends disappears.

import { signal } from '@preact/signals-core'
import type { CallerCheck, Request } from './phone.ts'
import type { Requests } from './server.ts'
import type { Way, WireCallerCheck, WireRequest } from './wire.ts'

/** What came for one account. */
interface Slot {
  readonly version: number
  readonly requests: readonly WireRequest[]
  readonly check: WireCallerCheck | undefined
}

/** The list, and what was seen and answered already. */
export class Inbox {
  readonly open = signal<readonly Request[]>([])
  readonly checks = signal<readonly CallerCheck[]>([])
  private readonly slots = new Map<string, Slot>()
  private readonly received = new Set<string>()
  private readonly ended = new Set<string>()
  private readonly sheets = new Map<string, string>()

  /** `receive` is told what came for the first time, and how. */
  constructor(
    private readonly now: () => number,
    private readonly receive: (phone: string, by: Way, ids: readonly string[]) => void,
  ) {}

  /** The version to wait for a change of; 0 where nothing came yet. */
  version(phone: string): number {
    return this.slots.get(phone)?.version ?? 0
  }

  /** Takes what the server said. An older list that came late changes nothing. */
  take(phone: string, { version, requests, caller_check: check }: Requests, by: Way): void {
    const known = this.slots.get(phone)
    if (known !== undefined && version < known.version) return
    this.slots.set(phone, { version, requests, check })
    for (const request of requests) {
      const before = request.replaces
      const sheet = before === undefined ? request.id : this.sheets.get(before) ?? before
      if (!this.sheets.has(request.id)) this.sheets.set(request.id, sheet)
    }
    const fresh = requests.map(request => request.id).filter(id => !this.received.has(id))
    for (const id of fresh) this.received.add(id)
    if (fresh.length > 0) this.receive(phone, by, fresh)
    this.publish()
  }

  /** Versions begin anew, such as after a server was restored; what is shown stays. */
  reopen(): void {
    for (const [phone, slot] of this.slots) this.slots.set(phone, { ...slot, version: -1 })
  }

  /** The request, or the check, was answered here. */
  end(id: string): void {
    this.ended.add(id)
    this.publish()
  }

  /** A wrong number was answered: fewer tries are left. */
  missed(phone: string, id: string, triesLeft: number): void {
    const slot = this.slots.get(phone)
    if (slot === undefined) return
    const requests = slot.requests.map(request => request.id === id ? { ...request, tries_left: triesLeft } : request)
    this.slots.set(phone, { ...slot, requests })
    this.publish()
  }

  /** Only these accounts are here. */
  keep(phones: ReadonlySet<string>): void {
    for (const phone of this.slots.keys()) if (!phones.has(phone)) this.slots.delete(phone)
    this.publish()
  }

  /** Drops what is over by now. */
  publish(): void {
    const now = this.now()
    const open: Request[] = []
    const checks: CallerCheck[] = []
    for (const [phone, { requests, check }] of this.slots) {
      if (check !== undefined && !this.ended.has(check.id) && Date.parse(check.expires_at) > now) checks.push({ ...check, phone })
      const replaced = new Set(requests.map(request => request.replaces))
      for (const request of requests) {
        if (this.ended.has(request.id) || replaced.has(request.id) || Date.parse(request.expires_at) <= now) continue
        open.push({ ...request, phone, sheet: this.sheets.get(request.id) ?? request.id })
      }
    }
    open.sort((a, b) => Date.parse(a.asked_at) - Date.parse(b.asked_at) || (a.id < b.id ? -1 : 1))
    // The same list stays the same value, so that nothing is drawn again each second.
    if (JSON.stringify(open) !== JSON.stringify(this.open.peek())) this.open.value = open
    if (JSON.stringify(checks) !== JSON.stringify(this.checks.peek())) this.checks.value = checks
  }
}
