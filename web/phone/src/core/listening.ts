// Hears of requests while the app is visible: one signed stream for each account, or asking again
// and again where streams do not come through.

import { signal } from '@preact/signals-core'
import type { Accounts } from './accounts.ts'
import type { Inbox } from './inbox.ts'
import type { Live } from './phone.ts'
import { isProblem } from './problem.ts'
import type { Requests, Server } from './server.ts'
import type { Kept } from './store.ts'
import { readEvents } from './stream.ts'
import { pause } from './time.ts'

/** Times in ms; tests have shorter ones. */
export interface Patience {
  readonly first: number
  readonly silence: number
  readonly shortest: number
  readonly longest: number
  readonly betweenPolls: number
}

const PATIENCE: Patience = { first: 10_000, silence: 45_000, shortest: 500, longest: 15_000, betweenPolls: 10_000 }
/** HTTP/1.1 has six connections for everything: so many may be kept open. */
const STREAMS_OF_HTTP1 = 3
/** After so many streams that opened and said nothing, something between holds them back. */
const MUTE_STREAMS = 2
const WAIT_SECS = 25

/** The loops of all accounts. */
export class Listening {
  readonly live = signal<Live>('closed')
  private controller: AbortController | undefined
  private readonly states = new Map<string, Live>()
  private listening: readonly string[] = []

  constructor(
    private readonly accounts: Accounts,
    private readonly inbox: Inbox,
    private readonly server: Server,
    private readonly isHttp1: () => boolean = spokeHttp1,
    private readonly patience: Patience = PATIENCE,
  ) {}

  /** Begins, or begins anew where the network or the accounts changed. */
  start(): void {
    this.stop()
    this.inbox.reopen()
    const controller = new AbortController()
    this.controller = controller
    this.listening = this.accounts.active().map(kept => kept.phone)
    const streams = this.isHttp1() ? STREAMS_OF_HTTP1 : Infinity
    this.listening.forEach((phone, place) => void this.loop(phone, place < streams, controller.signal))
  }

  stop(): void {
    this.controller?.abort()
    this.controller = undefined
    this.states.clear()
    this.live.value = 'closed'
  }

  /** Begins anew if it listens, and to others than are here now. */
  refresh(): void {
    const active = this.accounts.active().map(kept => kept.phone)
    const same = active.length === this.listening.length && active.every(phone => this.listening.includes(phone))
    if (this.controller !== undefined && !same) this.start()
  }

  private async loop(phone: string, mayStream: boolean, signal: AbortSignal): Promise<void> {
    let failures = 0
    let mute = 0
    const heard = () => {
      failures = 0
      mute = 0
    }
    while (!signal.aborted) {
      try {
        await this.accounts.asking(phone, async kept => {
          if (!mayStream) await this.poll(kept, signal)
          else if (mute >= MUTE_STREAMS) await this.longPoll(kept, signal)
          else {
            mute += 1
            await this.stream(kept, signal, heard)
          }
        })
        failures = 0
      } catch (thrown) {
        if (signal.aborted || isProblem(thrown, 'phone_gone', 'no_account')) break
        // Nothing answered: that says nothing about streams.
        if (isProblem(thrown)) mute = Math.max(0, mute - 1)
        this.is(phone, 'waiting', signal)
        failures += 1
        await pause(this.delay(failures), signal)
      }
    }
    if (!signal.aborted) this.is(phone, undefined, signal)
  }

  private async stream(kept: Kept, signal: AbortSignal, heard: () => void): Promise<void> {
    this.is(kept.phone, 'opening', signal)
    // Ends the connection however this ends.
    const own = new AbortController()
    const abort = () => own.abort()
    signal.addEventListener('abort', abort)
    try {
      const answer = await this.server.live(kept, own.signal)
      if (answer.body === null) throw new Error('no body')
      let silence = this.patience.first
      await readEvents(answer.body, () => silence, event => {
        if (event.event !== 'requests' || signal.aborted) return
        silence = this.patience.silence
        heard()
        this.is(kept.phone, 'open', signal)
        this.inbox.take(kept.phone, JSON.parse(event.data) as Requests, 'live')
      })
      // A server that closes at once would be asked without end.
      await pause(this.patience.shortest * Math.random(), signal)
    } finally {
      signal.removeEventListener('abort', abort)
      own.abort()
    }
  }

  private async longPoll(kept: Kept, signal: AbortSignal): Promise<void> {
    this.is(kept.phone, 'polling', signal)
    const wait = { after: Math.max(0, this.inbox.version(kept.phone)), waitSecs: WAIT_SECS }
    const found = await this.server.requests(kept, wait, signal)
    if (!signal.aborted) this.inbox.take(kept.phone, found, 'poll')
    await pause(this.patience.shortest, signal)
  }

  private async poll(kept: Kept, signal: AbortSignal): Promise<void> {
    this.is(kept.phone, 'polling', signal)
    const found = await this.server.requests(kept, undefined, signal)
    if (!signal.aborted) this.inbox.take(kept.phone, found, 'poll')
    await pause(this.patience.betweenPolls, signal)
  }

  /** Doubles up to the longest, with jitter so that not all phones come back at once. */
  private delay(failures: number): number {
    const { shortest, longest } = this.patience
    return Math.min(longest, shortest * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
  }

  private is(phone: string, state: Live | undefined, signal: AbortSignal): void {
    if (signal.aborted) return
    if (state === undefined) this.states.delete(phone)
    else this.states.set(phone, state)
    const all = [...this.states.values()]
    const worst: readonly Live[] = ['waiting', 'opening', 'polling', 'open']
    this.live.value = worst.find(one => all.includes(one)) ?? 'closed'
  }
}

function spokeHttp1(): boolean {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  const own = entries.filter(entry => entry.name.startsWith(`${location.origin}/`))
  return own.some(entry => entry.nextHopProtocol === 'http/1.1')
}
