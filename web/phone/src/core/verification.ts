// The phone's own screen lock, by WebAuthn: user verified, on this device.

import { type Bytes, base64url, fromBase64url, sha256, utf8 } from './bytes.ts'
import { Problem } from './problem.ts'
import type { Assertion, NewCredential } from './server.ts'

const TIMEOUT_MS = 60_000
const ES256 = -7

/** Whether the browser can use the phone's screen lock. */
export async function isPossible(): Promise<boolean> {
  try {
    return typeof PublicKeyCredential === 'function' &&
      await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()
  } catch {
    return false
  }
}

/**
 * Makes a credential. `about` is what it is for, so that making it again for the same replaces it.
 *
 * @throws Problem `not_verified`, `no_screen_lock`
 */
export async function makeCredential(about: string, shown: string): Promise<NewCredential> {
  const made = await ceremony(async () => navigator.credentials.create({
    publicKey: {
      rp: { id: location.hostname, name: 'AuthX' },
      user: { id: utf8(about), name: shown, displayName: shown },
      challenge: await sha256(utf8(`authx credential 1\n${about}`)),
      pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
      authenticatorSelection: {
        authenticatorAttachment: 'platform', userVerification: 'required', residentKey: 'preferred',
      },
      attestation: 'none',
      timeout: TIMEOUT_MS,
    },
  }))
  const response = made.response as AuthenticatorAttestationResponse
  const publicKey = response.getPublicKey()
  if (publicKey === null || response.getPublicKeyAlgorithm() !== ES256) throw new Problem('no_screen_lock', 0, 'not ES256')
  return {
    id: base64url(made.rawId),
    public_key: base64url(publicKey),
    client_data: base64url(response.clientDataJSON),
    authenticator_data: base64url(response.getAuthenticatorData()),
  }
}

/**
 * Has the user verified; the assertion is over that challenge.
 *
 * @throws Problem `not_verified`, `no_screen_lock`
 */
export async function verify(credentials: readonly string[], challenge: Bytes): Promise<Assertion> {
  const allowed = credentials.map(fromBase64url).filter(id => id !== undefined)
  const got = await ceremony(() => navigator.credentials.get({
    publicKey: {
      rpId: location.hostname,
      challenge,
      allowCredentials: allowed.map(id => ({ type: 'public-key', id, transports: ['internal'] })),
      userVerification: 'required',
      timeout: TIMEOUT_MS,
    },
  }))
  const response = got.response as AuthenticatorAssertionResponse
  return {
    id: base64url(got.rawId),
    client_data: base64url(response.clientDataJSON),
    authenticator_data: base64url(response.authenticatorData),
    signature: base64url(response.signature),
  }
}

async function ceremony(act: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!await isPossible()) throw new Problem('no_screen_lock')
  try {
    const credential = await act()
    if (credential instanceof PublicKeyCredential) return credential
  } catch (thrown) {
    throw new Problem('not_verified', 0, thrown instanceof Error ? thrown.name : String(thrown))
  }
  throw new Problem('not_verified')
}
