// Every call of /phone/v1 by name.

import type { Caller, Signer } from './caller.ts'
import type { Kept } from './store.ts'
import type {
  Activation, Answered, CallerDigits, Invitation, PhoneCode, Proof, PublicKey, SealedSeed, ServerInfo, TotpParameters,
  WireAccount, WireCallerCheck, WireEntry, WireRequest, Way,
} from './wire.ts'

/** The requests of an account; `version` rises with every change. */
export interface Requests {
  readonly version: number
  readonly requests: readonly WireRequest[]
  readonly caller_check?: WireCallerCheck
}

/** What WebAuthn gave for a statement; all base64url. */
export interface Assertion {
  readonly id: string
  readonly client_data: string
  readonly authenticator_data: string
  readonly signature: string
}

/** A new credential; all base64url. */
export interface NewCredential {
  readonly id: string
  readonly public_key: string
  readonly client_data: string
  readonly authenticator_data: string
}

/** A new phone. */
export interface NewPhone {
  readonly activation: string
  readonly phone: string
  readonly name: string
  readonly platform: string
  readonly class: 'web'
  readonly keys: { readonly answer: PublicKey; readonly device: PublicKey; readonly box: PublicKey }
  readonly moves?: string
}

/** What the push service gave. */
export interface Subscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

type Signing = Pick<Kept, 'phone' | 'keys'>

/** The server, as one object of functions. */
export class Server {
  constructor(private readonly caller: Caller) {}

  info(): Promise<ServerInfo> {
    return this.caller.call({ path: '/server' })
  }

  invitation(invitation: string, signal?: AbortSignal): Promise<Invitation> {
    return this.caller.call({ method: 'POST', path: '/invitations', body: { invitation }, ...(signal === undefined ? {} : { signal }) })
  }

  prove(invitation: string, proof: Proof): Promise<Activation> {
    return this.caller.call({ method: 'POST', path: '/proofs', body: { invitation, proof } })
  }

  activate(signer: Signer, phone: NewPhone): Promise<{ account: WireAccount; seed: SealedSeed; totp: TotpParameters }> {
    return this.caller.call({ method: 'POST', path: '/activations', body: phone, signer })
  }

  confirm(of: Signing, code: string): Promise<WireAccount> {
    return this.answering(of, 'POST', '/confirmations', { code })
  }

  account(of: Signing): Promise<WireAccount> {
    return this.caller.call({ path: '/account', signer: device(of) })
  }

  change(of: Signing, change: { name?: string; platform?: string }): Promise<WireAccount> {
    return this.answering(of, 'PUT', '/device', change)
  }

  remove(of: Signing): Promise<void> {
    return this.answering(of, 'DELETE', '/device')
  }

  setCredential(of: Signing, credential: NewCredential): Promise<WireAccount | undefined> {
    return this.answering(of, 'PUT', '/credential', credential)
  }

  removeCredential(of: Signing): Promise<void> {
    return this.answering(of, 'DELETE', '/credential')
  }

  setSubscription(of: Signing, subscription: Subscription): Promise<WireAccount> {
    return this.caller.call({ method: 'PUT', path: '/subscription', body: subscription, signer: device(of) })
  }

  removeSubscription(of: Signing): Promise<void> {
    return this.caller.call({ method: 'DELETE', path: '/subscription', signer: device(of) })
  }

  /** With `after`, waits up to `waitSecs` for a change. */
  requests(of: Signing, wait?: { after: number; waitSecs: number }, signal?: AbortSignal): Promise<Requests> {
    const query = wait === undefined ? '' : `?after=${wait.after}&wait=${wait.waitSecs}`
    const timeoutMs = ((wait?.waitSecs ?? 0) + 15) * 1_000
    return this.caller.call({ path: `/requests${query}`, signer: device(of), timeoutMs, ...(signal === undefined ? {} : { signal }) })
  }

  /** The live stream. */
  live(of: Signing, signal: AbortSignal): Promise<Response> {
    return this.caller.open({ path: '/requests/live', signer: device(of), accept: 'text/event-stream' }, signal)
  }

  receive(of: Signing, by: Way, requests: readonly string[]): Promise<void> {
    return this.caller.call({ method: 'POST', path: '/receipts', body: { by, requests }, signer: device(of) })
  }

  async history(of: Signing): Promise<readonly WireEntry[]> {
    const answer = await this.caller.call<{ entries: readonly WireEntry[] }>({ path: '/history', signer: device(of) })
    return answer.entries
  }

  /** "No" is signed by the key that needs no lock. */
  refuse(of: Signing, id: string, statement: string): Promise<Answered> {
    return this.caller.call({ method: 'POST', path: `/requests/${id}/answers`, body: { statement }, signer: device(of) })
  }

  approve(of: Signing, id: string, statement: string, assertion?: Assertion): Promise<Answered> {
    return this.answering(of, 'POST', `/requests/${id}/answers`, assertion === undefined ? { statement } : { statement, assertion })
  }

  phoneCode(of: Signing, id: string, statement: string, assertion?: Assertion): Promise<PhoneCode> {
    return this.answering(of, 'POST', `/requests/${id}/codes`, assertion === undefined ? { statement } : { statement, assertion })
  }

  end(of: Signing, id: string): Promise<void> {
    return this.answering(of, 'POST', `/requests/${id}/endings`, {})
  }

  callerDigits(of: Signing, id: string, assertion?: Assertion): Promise<CallerDigits> {
    return this.answering(of, 'POST', `/caller-checks/${id}/digits`, assertion === undefined ? {} : { assertion })
  }

  /** Needs no lock, as every "no". */
  denyCaller(of: Signing, id: string): Promise<void> {
    return this.caller.call({ method: 'POST', path: `/caller-checks/${id}/endings`, body: {}, signer: device(of) })
  }

  /** Without an activation a new one; with one, the account is put under it too. */
  startMove(of: Signing, activation?: string): Promise<Activation> {
    return this.answering(of, 'POST', '/moves', activation === undefined ? {} : { activation })
  }

  cancelMove(of: Signing): Promise<void> {
    return this.answering(of, 'DELETE', '/moves')
  }

  /** Signed by the key that speaks for the user. */
  private answering<T>(of: Signing, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const signer = { phone: of.phone, key: of.keys.answer }
    return this.caller.call({ method, path, signer, ...(body === undefined ? {} : { body }) })
  }
}

function device(of: Signing): Signer {
  return { phone: of.phone, key: of.keys.device }
}
