// What screens see of everything below them: state as signals, deeds as functions. Every deed
// throws a Problem and nothing else.

import type { ReadonlySignal } from '@preact/signals-core'
import type {
  Activation, Answered, CallerDigits, Client, Invitation, InvitedAccount, Outcome, PhoneCode, Proof,
  ServerInfo, WireAccount, WireCallerCheck, WireEntry, WireRequest, Way,
} from './wire.ts'

/** An account as the server said last, with what only this phone knows. */
export interface Account extends WireAccount {
  /** The user's own name for it; shown instead of the tenant's where it is there. */
  readonly label?: string
  /** Why it is of no more use here: the server no longer knows it (moved, removed, too late). */
  readonly gone: boolean
  /** When the app last heard of it, in ms since 1970. */
  readonly heardAt: number
  /** The four words, while they still have to be compared. */
  readonly words?: readonly string[]
}

/** The digits of an account, now and next. */
export interface Code {
  readonly code: string
  readonly next: string
  /** When `next` begins, in ms of {@link Phone.clock}. */
  readonly until: number
  readonly periodSecs: number
}

/** A request, with the account that is asked. */
export interface Request extends WireRequest {
  /** The id of the {@link Account}, `pho_…`. */
  readonly phone: string
  /** Stays the same when a client tries again (`replaces`): what is one sheet on the screen. */
  readonly sheet: string
}

/** A check of a caller, with the account that is said to call. */
export interface CallerCheck extends WireCallerCheck {
  readonly phone: string
}

/** A line of the history, with the account that was asked. */
export interface Entry extends WireEntry {
  readonly phone: string
}

/** Whether Web Push is on. */
export type Notices =
  /** Not looked yet. */
  | { readonly state: 'unknown' }
  /** The user has not been asked yet. */
  | { readonly state: 'off' }
  | { readonly state: 'asking' }
  | { readonly state: 'on' }
  /** The user said no: only the browser's or the phone's settings can change it. */
  | { readonly state: 'refused' }
  /** This browser has no Web Push; on iOS only the installed app has. */
  | { readonly state: 'unsupported' }
  /** The push service did not answer: notices are off, open the app to answer. */
  | { readonly state: 'unanswered' }

/** How requests come while the app is open. */
export type Live = 'closed' | 'opening' | 'open' | 'polling' | 'waiting'

/** The app lock. */
export interface Lock {
  /** Whether the user or a policy wants the app locked. */
  readonly on: boolean
  /** Codes and approvals are behind the lock now. */
  readonly locked: boolean
  /** Whether the browser can use this phone's screen lock. */
  readonly possible: 'yes' | 'no' | 'unknown'
  /** Tenants that demand it. */
  readonly requiredBy: readonly string[]
  /** Accounts, by phone id, that demand the lock and have no credential yet: `registerLock` makes them. */
  readonly missing: readonly string[]
  readonly graceSecs: number
}

/** Where the app runs, and how it could be installed. */
export interface Install {
  readonly installed: boolean
  /** `prompt`: `askInstall` works; `share`: iOS, by Share, Add to Home Screen; `menu`: the browser's menu. */
  readonly way: 'prompt' | 'share' | 'menu'
  /** False in a tab on iOS, whose keys are not those of the installed app: explain and enrol there. */
  readonly mayEnrol: boolean
  /** Whether the browser promised to keep the keys; absent while unknown. */
  readonly persisted?: boolean
}

/** The app's own version. */
export interface Update {
  readonly version: string
  /** `ready`: a new one is there and comes with the next load; `needed`: the server asks for it. */
  readonly state: 'current' | 'ready' | 'needed'
}

/** What the address that opened the app says after its `#`. */
export type Link =
  | { readonly kind: 'invitation'; readonly token: string }
  | { readonly kind: 'move'; readonly token: string }
  | { readonly kind: 'requests' }

/** A new account before it counts. */
export interface Enrolment {
  readonly account: Account
  /** Four words that the computer's page shows too. */
  readonly words: readonly string[]
}

/** What this phone shows to the new one. */
export interface Move {
  readonly activation: string
  /** What the QR code says. */
  readonly link: string
  readonly expires_at: string
  /** Accounts that could not be put under it, by their phone id. */
  readonly left: readonly string[]
}

/** How far a move on the new phone is. */
export interface MoveProgress {
  readonly done: number
  readonly of: number
  readonly account: InvitedAccount
}

/** What `checkNow` found. */
export interface Check {
  readonly at: number
  /** Requests that wait, and checks of callers. */
  readonly requests: number
  /** Accounts whose server did not answer. */
  readonly failed: readonly string[]
}

/** The authenticator. `start` of `index.ts` makes the real one; screens may be given another. */
export interface Phone {
  /** In the user's order. Pending ones too: `state`. */
  readonly accounts: ReadonlySignal<readonly Account[]>
  /** By phone id. Empty while locked. */
  readonly codes: ReadonlySignal<ReadonlyMap<string, Code>>
  /** Open ones of all accounts, the oldest first; those that end disappear. */
  readonly requests: ReadonlySignal<readonly Request[]>
  /** Open checks of callers, at most one for each account; those that end disappear. */
  readonly callerChecks: ReadonlySignal<readonly CallerCheck[]>
  /** The newest first, at most 50; `loadHistory` asks. Kept for offline. */
  readonly history: ReadonlySignal<readonly Entry[]>
  /** The server's time in ms since 1970, as well as the phone knows it; steps each second while visible. */
  readonly clock: ReadonlySignal<number>
  readonly online: ReadonlySignal<boolean>
  readonly live: ReadonlySignal<Live>
  readonly notices: ReadonlySignal<Notices>
  readonly lock: ReadonlySignal<Lock>
  readonly install: ReadonlySignal<Install>
  readonly update: ReadonlySignal<Update>
  readonly link: ReadonlySignal<Link | undefined>
  readonly server: ReadonlySignal<ServerInfo | undefined>
  /** The name of this phone that new accounts get; the user may change it. */
  readonly deviceName: ReadonlySignal<string>

  /** What an invitation leads to; spends nothing. `not_open` for unknown, over and spent alike. */
  lookInvitation(invitation: string): Promise<Invitation>
  /** Proves the first factor or the separate code. `wrong_proof` has `members.left`. */
  prove(invitation: string, proof: Proof): Promise<Activation>
  /** Makes the keys of an account and binds them. `install_first`, `class_not_allowed`, `too_many_phones`, `not_open`. */
  activate(activation: string, account: InvitedAccount): Promise<Enrolment>
  /** All four words are the same: the account counts from now on. */
  confirm(phone: string): Promise<Account>
  /** The words differ: the keys die, here and there. */
  stop(phone: string): Promise<void>

  /** `digits` where the request demands them; the user is verified where it or the lock does. `not_open` has `members.outcome`. */
  approve(request: Request, digits?: string): Promise<Answered>
  /** "Changed my mind". */
  deny(request: Request): Promise<Answered>
  /** "Not me". */
  fraud(request: Request): Promise<Answered>
  /** For a request of kind `code`: six digits for a client that can show nothing. */
  phoneCode(request: Request): Promise<PhoneCode>
  /** "I did not mean to": ends the session that an approval left. */
  endSession(request: Pick<Request, 'id' | 'phone'>): Promise<void>
  /** How a request ended that disappeared; absent when the server cannot be asked. */
  whatBecameOf(request: Pick<Request, 'id' | 'phone'>): Promise<Outcome | undefined>
  loadHistory(): Promise<void>
  /** What the help desk has to read, and what to read back; the user is verified where an approval would be. */
  callerDigits(check: CallerCheck): Promise<CallerDigits>
  /** "I am not on the telephone": ends the check. Once it is over, there is nothing left to end. */
  denyCaller(check: CallerCheck): Promise<void>

  /** The user's own name for an account; an empty one gives the tenant's back. */
  rename(phone: string, label: string): Promise<void>
  /** All phone ids in their new order. */
  reorder(phones: readonly string[]): Promise<void>
  /** Removes an account here and on the server; offline it is an `unreachable` unless `anyway`. */
  remove(phone: string, anyway?: boolean): Promise<void>
  /** The phone's name for all accounts, as administrators see it. */
  nameDevice(name: string): Promise<void>

  /** On the old phone: makes the QR code of a move, five minutes. */
  startMove(): Promise<Move>
  cancelMove(): Promise<void>
  /** On the new phone, after `lookInvitation` of `axe_…`: new keys for every account, the old ones die. */
  finishMove(activation: string, invitation: Invitation, progress?: (step: MoveProgress) => void): Promise<readonly Account[]>

  /** Asks for permission: only from a tap. Throws `notices_refused`, `notices_unsupported`, `notices_unanswered`. */
  enableNotifications(): Promise<void>
  disableNotifications(): Promise<void>
  /** Asks all servers at once, now. */
  checkNow(): Promise<Check>

  /** Locks now. */
  lockNow(): void
  /** Asks the phone's user. `not_verified`, `no_screen_lock`. */
  unlock(): Promise<void>
  /** Turns the lock on. Makes one credential for each account that demands it, else one for the app: the user is asked for each. What was made stays when a later one is refused. */
  registerLock(): Promise<void>
  /** Turns the lock off, where no tenant demands it. */
  removeLock(): Promise<void>

  /** Chromium's own question; only from a tap. */
  askInstall(): Promise<'accepted' | 'dismissed'>
  /** Loads the new version, unless somebody holds it off. */
  applyUpdate(): void
  /** No reload while this is held, such as while digits are typed; call what it returns. */
  holdUpdate(): () => void
  /** The link was followed. */
  forgetLink(): void
}

export type { Client, Way }
