// What travels between the phone and the server, member for member: /phone/v1.

/** A time as RFC 3339 in UTC. */
export type Time = string

/** A public key as JWK, P-256. */
export interface PublicKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** A company; `hue` is one of eight colours. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly hue: number
}

export interface User {
  readonly id: string
  readonly name: string
}

/** Something protected, such as a VPN. */
export interface Application {
  readonly id: string
  readonly name: string
}

export type Way = 'push' | 'live' | 'poll'

/** Whether requests reach this phone, as the server knows it. */
export interface Reach {
  readonly state: 'reachable' | 'unreachable' | 'unknown'
  readonly by?: Way
  readonly at?: Time
  readonly since?: Time
}

/** What the account's tenant demands. */
export interface Policy {
  readonly match_number: 'required' | 'where_shown' | 'off'
  readonly user_verification: 'required' | 'off'
  readonly app_lock: 'required' | 'optional'
}

/** A user of a tenant, on this phone. */
export interface WireAccount {
  /** The phone's own id for this account, `pho_…`. */
  readonly phone: string
  /** The phone's name, as administrators see it. */
  readonly name: string
  readonly state: 'pending' | 'active'
  readonly class: 'web' | 'software'
  readonly tenant: Tenant
  readonly user: User
  readonly applications: readonly Application[]
  readonly policy: Policy
  /** Whether the server holds a credential of the app lock. */
  readonly credential: boolean
  readonly reach: Reach
  readonly subscribed: boolean
}

/** The VPN client that waits. */
export interface Client {
  readonly address?: string
  readonly program?: string
  readonly platform?: string
  readonly device?: string
  readonly new_network: boolean
}

/** What a phone is asked. */
export interface WireRequest {
  /** The login's id, `log_…`. */
  readonly id: string
  /** `code`: a client that can show nothing tried; the phone may ask for a code for it. */
  readonly kind: 'approval' | 'code'
  readonly application: Application
  readonly tenant: Tenant
  readonly user: { readonly name: string }
  readonly client: Client
  readonly server: { readonly name?: string }
  readonly support_code: string
  readonly asked_at: Time
  readonly expires_at: Time
  readonly tries_left: number
  readonly match_number: 'required' | 'off'
  readonly user_verification: boolean
  /** The request whose place this one takes, because the client tried again. */
  readonly replaces?: string
}

/** Somebody of the help desk checks who is on the telephone. The digits are asked for. */
export interface WireCallerCheck {
  readonly id: string
  /** Who of the help desk. */
  readonly agent: string
  readonly asked_at: Time
  readonly expires_at: Time
}

/** The digits of such a check, in the order in which they are read. */
export interface CallerDigits {
  /** What the help desk has to read first. */
  readonly agent_reads: string
  /** What the user reads then. */
  readonly caller_reads: string
  readonly expires_at: Time
}

/** How a request ended. */
export type Outcome =
  | 'approved' | 'denied' | 'fraud' | 'wrong_number' | 'expired' | 'cancelled' | 'elsewhere'
  | 'replaced' | 'code_shown' | 'code_used'

/** A line of the history. */
export interface WireEntry {
  readonly id: string
  readonly application: Application
  readonly outcome: Outcome
  readonly at: Time
  readonly client: Client
  readonly support_code: string
  readonly kind: 'approval' | 'code'
}

/** What an answer did. */
export interface Answered {
  readonly outcome: 'approved' | 'denied' | 'fraud' | 'wrong_number'
  /** After `wrong_number`: how often one may still try. */
  readonly tries_left?: number
  readonly at: Time
  readonly support_code: string
  /** Whether a session is left that `endSession` can end. */
  readonly session: boolean
}

/** A phone that was made from an invitation, with the words its server computed. */
export interface InvitedPhone {
  readonly phone: string
  readonly name: string
  readonly platform: string
  readonly words: readonly string[]
  readonly state: 'pending' | 'active'
  readonly at: Time
}

/** An account that an invitation or a move leads to. */
export interface InvitedAccount {
  readonly tenant: Tenant
  readonly user: User
  /** In a move: the phone that it replaces. */
  readonly moves?: string
}

export interface Invitation {
  readonly accounts: readonly InvitedAccount[]
  /** What has to be proved first; `none`: what was typed is an activation already. */
  readonly proof: 'password' | 'code' | 'none'
  /** Of an invitation that was opened by its link: what opens the same, for typing. */
  readonly short_code?: string
  readonly expires_at: Time
  readonly phones: readonly InvitedPhone[]
}

export type Proof =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'code'; readonly code: string }

/** What binds a phone: `axe_…`, or eight characters. */
export interface Activation {
  readonly activation: string
  readonly expires_at: Time
}

/** The secret of the codes, sealed to the phone's box key. */
export interface SealedSeed {
  readonly ephemeral: string
  readonly iv: string
  readonly ciphertext: string
}

export interface TotpParameters {
  readonly algorithm: 'SHA-256'
  readonly digits: number
  readonly period_secs: number
}

export interface ServerInfo {
  readonly version: string
  readonly now: Time
  readonly vapid_public_key: string
  readonly oldest_client: string
  readonly name: string
}

/** A code that the phone asked for, for a client that can show nothing. */
export interface PhoneCode {
  readonly code: string
  readonly expires_at: Time
}
