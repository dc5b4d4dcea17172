// The authenticator, put together.

import { effect, signal } from '@preact/signals-core'
import { Accounts } from './accounts.ts'
import { Answering } from './answering.ts'
import { Caller } from './caller.ts'
import { Checking } from './checking.ts'
import { Codes } from './codes.ts'
import { Enrolling } from './enrolling.ts'
import { Inbox } from './inbox.ts'
import { Listening } from './listening.ts'
import { AppLock } from './lock.ts'
import { Noticing } from './notices.ts'
import { Past } from './past.ts'
import type { CallerCheck, Check, Enrolment, Link, MoveProgress, Phone, Request } from './phone.ts'
import { firstDeviceName, Installing } from './platform.ts'
import { isProblem, Problem } from './problem.ts'
import { readFragment } from './reading.ts'
import { Server } from './server.ts'
import { Store } from './store.ts'
import { Clock } from './time.ts'
import { Updating } from './updating.ts'
import type { Activation, Invitation, InvitedAccount, Proof, ServerInfo } from './wire.ts'

/** Accounts are asked again how they stand when the app comes back after this time. */
const STALE_MS = 60_000
const LONGEST_NAME = 60

/** See {@link Phone}. */
export class Opened implements Phone {
  readonly clock = signal(Date.now())
  readonly online = signal(navigator.onLine)
  readonly link = signal<Link | undefined>(readFragment(location.hash))
  readonly server = signal<ServerInfo | undefined>(undefined)
  readonly deviceName = signal(firstDeviceName())

  private readonly updating = new Updating()
  private readonly installing = new Installing()
  private readonly time: Clock
  private readonly calls: Server
  private readonly book: Accounts
  private readonly appLock: AppLock
  private readonly inbox: Inbox
  private readonly listening: Listening
  private readonly digits = new Codes()
  private readonly past: Past
  private readonly noticing: Noticing
  private readonly enrolling: Enrolling
  private readonly answering: Answering
  private readonly checking: Checking
  private freshAt = -Infinity

  private constructor(private readonly store: Store, offset: number) {
    this.time = new Clock(offset, changed => void store.set('clockOffset', changed))
    this.calls = new Server(new Caller(this.time, location.origin, () => this.updating.needed()))
    this.book = new Accounts(store)
    this.appLock = new AppLock(this.book, this.calls)
    this.inbox = new Inbox(() => this.time.now(), (phone, by, ids) => {
      // A receipt that is lost is no harm: the answer tells as much.
      void this.book.asking(phone, kept => this.calls.receive(kept, by, ids)).catch(() => {})
    })
    this.listening = new Listening(this.book, this.inbox, this.calls)
    this.past = new Past(this.book, this.calls)
    this.noticing = new Noticing(this.book, this.calls, () => this.updating.registration, () => this.vapid())
    this.enrolling = new Enrolling(
      this.book, this.calls, this.time, () => this.deviceName.value, () => this.installing.state.value.mayEnrol,
    )
    this.answering = new Answering(this.book, this.inbox, this.appLock, this.calls)
    this.checking = new Checking(this.book, this.inbox, this.appLock, this.calls)
  }

  static async open(): Promise<Opened> {
    const store = await Store.open()
    const opened = new Opened(store, await store.setting('clockOffset') ?? 0)
    opened.deviceName.value = await store.setting('deviceName') ?? opened.deviceName.value
    await opened.book.load()
    await opened.appLock.load()
    await opened.past.show()
    opened.run()
    return opened
  }

  get accounts() { return this.book.shown }
  get codes() { return this.digits.shown }
  get requests() { return this.inbox.open }
  get callerChecks() { return this.inbox.checks }
  get history() { return this.past.shown }
  get live() { return this.listening.live }
  get notices() { return this.noticing.state }
  get lock() { return this.appLock.state }
  get install() { return this.installing.state }
  get update() { return this.updating.state }

  lookInvitation(invitation: string): Promise<Invitation> {
    return this.calls.invitation(invitation)
  }

  prove(invitation: string, proof: Proof): Promise<Activation> {
    return this.calls.prove(invitation, proof)
  }

  activate(activation: string, account: InvitedAccount): Promise<Enrolment> {
    return this.enrolling.activate(activation, account)
  }

  async confirm(phone: string) {
    const account = await this.enrolling.confirm(phone)
    this.enrolled()
    return account
  }

  stop(phone: string): Promise<void> {
    return this.enrolling.stop(phone)
  }

  approve(request: Request, digits?: string) {
    return this.answering.approve(request, digits)
  }

  deny(request: Request) {
    return this.answering.refuse('deny', request)
  }

  fraud(request: Request) {
    return this.answering.refuse('fraud', request)
  }

  phoneCode(request: Request) {
    return this.answering.phoneCode(request)
  }

  endSession(request: Pick<Request, 'id' | 'phone'>): Promise<void> {
    return this.answering.end(request)
  }

  whatBecameOf({ phone, id }: Pick<Request, 'id' | 'phone'>) {
    return this.past.whatBecameOf(phone, id)
  }

  loadHistory(): Promise<void> {
    return this.past.load()
  }

  callerDigits(check: CallerCheck) {
    return this.checking.digits(check)
  }

  denyCaller(check: CallerCheck): Promise<void> {
    return this.checking.deny(check)
  }

  async rename(phone: string, label: string): Promise<void> {
    const own = label.trim().slice(0, LONGEST_NAME)
    await this.book.change(phone, ({ label: _, ...kept }) => own === '' ? kept : { ...kept, label: own })
  }

  async reorder(phones: readonly string[]): Promise<void> {
    const places = new Map(phones.map((phone, place) => [phone, place]))
    for (const { phone } of this.book.kept.value)
      await this.store.changeAccount(phone, kept => ({ ...kept, order: places.get(phone) ?? phones.length }))
    await this.book.load()
  }

  remove(phone: string, anyway = false): Promise<void> {
    return this.enrolling.remove(phone, anyway)
  }

  async nameDevice(name: string): Promise<void> {
    const own = name.trim().slice(0, LONGEST_NAME)
    if (own === '') return
    this.deviceName.value = own
    await this.store.set('deviceName', own)
    const told = await Promise.allSettled(this.book.living().map(async ({ phone }) =>
      this.book.heard(await this.book.asking(phone, kept => this.calls.change(kept, { name: own })))))
    for (const outcome of told) if (outcome.status === 'rejected' && !isProblem(outcome.reason, 'phone_gone')) throw outcome.reason
  }

  async startMove() {
    // Whoever moves the accounts has them: as for an approval, the user has to be there.
    if (this.lock.value.locked) await this.unlock()
    return this.enrolling.startMove()
  }

  cancelMove(): Promise<void> {
    return this.enrolling.cancelMove()
  }

  async finishMove(activation: string, invitation: Invitation, progress: (step: MoveProgress) => void = () => {}) {
    const moved = await this.enrolling.finishMove(activation, invitation, progress)
    this.enrolled()
    return moved
  }

  enableNotifications(): Promise<void> {
    return this.noticing.enable()
  }

  disableNotifications(): Promise<void> {
    return this.noticing.disable()
  }

  async checkNow(): Promise<Check> {
    const active = this.book.active()
    const outcomes = await Promise.all(active.map(async ({ phone }) => {
      try {
        this.inbox.take(phone, await this.book.asking(phone, kept => this.calls.requests(kept)), 'poll')
        await this.book.heard(await this.book.asking(phone, kept => this.calls.account(kept)))
        return []
      } catch {
        return [phone]
      }
    }))
    const failed = outcomes.flat()
    if (active.length > 0 && failed.length === active.length) throw new Problem('unreachable')
    const waiting = this.inbox.open.value.length + this.inbox.checks.value.length
    return { at: this.time.now(), requests: waiting, failed }
  }

  lockNow(): void {
    this.appLock.lockNow()
  }

  unlock(): Promise<void> {
    return this.appLock.unlock()
  }

  registerLock(): Promise<void> {
    return this.appLock.register()
  }

  removeLock(): Promise<void> {
    return this.appLock.remove()
  }

  askInstall() {
    return this.installing.ask()
  }

  applyUpdate(): void {
    this.updating.apply()
  }

  holdUpdate(): () => void {
    return this.updating.hold()
  }

  forgetLink(): void {
    this.link.value = undefined
    // A token has no business in the address any longer; another place of the app has.
    if (readFragment(location.hash) !== undefined) history.replaceState(history.state, '', location.pathname)
  }

  /** Reacts to the world from now on. */
  private run(): void {
    const visible = () => document.visibilityState === 'visible'
    const wake = () => {
      this.online.value = navigator.onLine
      if (visible()) this.appear()
      else this.listening.stop()
    }
    addEventListener('online', wake)
    addEventListener('offline', () => { this.online.value = false })
    addEventListener('pageshow', event => { if ((event as PageTransitionEvent).persisted) wake() })
    document.addEventListener('visibilitychange', wake)
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => this.appLock.touched(), { passive: true })
    addEventListener('hashchange', () => { this.link.value = readFragment(location.hash) ?? this.link.value })
    navigator.serviceWorker?.addEventListener('message', ({ data }) => this.told(data))
    setInterval(() => { if (visible()) this.tick() }, 1_000)
    effect(() => {
      const phones = new Set(this.book.kept.value.map(kept => kept.phone))
      this.inbox.keep(phones)
      queueMicrotask(() => this.listening.refresh())
    })
    effect(() => void this.digits.show(this.appLock.visible(), this.clock.value))
    wake()
  }

  private appear(): void {
    this.tick()
    this.listening.start()
    this.updating.look()
    if (Date.now() - this.freshAt < STALE_MS) return
    this.freshAt = Date.now()
    void this.refresh()
  }

  private tick(): void {
    this.clock.value = this.time.now()
    this.appLock.tick()
    this.inbox.publish()
  }

  /** Asks how everything stands. What does not answer stays as it was. */
  private async refresh(): Promise<void> {
    await this.book.load()
    const before = Date.now()
    const info = await this.calls.info().catch(() => undefined)
    if (info === undefined) this.freshAt = -Infinity
    else {
      this.server.value = info
      this.time.correct(Date.parse(info.now), (before + Date.now()) / 2)
      await this.store.set('vapid', info.vapid_public_key)
    }
    await Promise.all(this.book.living().map(async ({ phone }) => {
      await this.book.asking(phone, kept => this.calls.account(kept)).then(account => this.book.heard(account)).catch(() => {})
    }))
    await this.noticing.look()
  }

  private async vapid(): Promise<string | undefined> {
    return this.server.value?.vapid_public_key ?? await this.store.setting('vapid') ?? (await this.calls.info()).vapid_public_key
  }

  /** A new account counts: keep its keys, and let its server reach this phone. */
  private enrolled(): void {
    this.installing.persist()
    void this.noticing.look()
  }

  /** The worker says what happened while nobody looked. */
  private told(data: unknown): void {
    const kind = (data as { kind?: unknown } | null)?.kind
    if (kind === 'requests') this.link.value = { kind: 'requests' }
    if (kind === 'requests' || kind === 'push') void this.checkNow().catch(() => {})
  }
}
