// The keys of an account, and its codes. No key can be exported: script can use them, not take them.

import { type Bytes, fromBase64url, joined, sha256, utf8 } from './bytes.ts'
import { Problem } from './problem.ts'
import type { Keys, Totp } from './store.ts'
import type { PublicKey, SealedSeed, TotpParameters } from './wire.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ECDH = { name: 'ECDH', namedCurve: 'P-256' } as const

/** New keys for a new account. */
export async function makeKeys(): Promise<Keys> {
  const [answer, device, box] = await Promise.all([
    crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']),
    crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']),
    crypto.subtle.generateKey(ECDH, false, ['deriveKey', 'deriveBits']),
  ])
  return { answer, device, box }
}

/** The public half, as it travels. */
export async function publicKey(pair: CryptoKeyPair): Promise<PublicKey> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { kty: 'EC', crv: 'P-256', x, y }
}

/** r and s of ECDSA with SHA-256, 64 bytes. */
export async function sign(pair: CryptoKeyPair, bytes: Bytes): Promise<ArrayBuffer> {
  return crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes)
}

/**
 * Opens the secret of the codes into a key that cannot be exported: no script, this one included,
 * ever sees its bytes. P-256, HKDF-SHA-256, AES-256-GCM; the phone's id is bound to it.
 *
 * @throws Problem `seed_damaged`
 */
export async function openSeed(box: CryptoKeyPair, phone: string, seed: SealedSeed, totp: TotpParameters): Promise<Totp> {
  try {
    if (totp.algorithm !== 'SHA-256') throw new Error(`no codes with ${totp.algorithm}`)
    const [ephemeral, iv, ciphertext] = [seed.ephemeral, seed.iv, seed.ciphertext].map(demanded) as [Bytes, Bytes, Bytes]
    const own = new Uint8Array(await crypto.subtle.exportKey('raw', box.publicKey))
    const theirs = await crypto.subtle.importKey('raw', ephemeral, ECDH, false, [])
    const shared = await sharedSecret(box, theirs)
    const info = joined(utf8('authx seed 1'), Uint8Array.of(0), utf8(phone))
    const salt = await sha256(joined(ephemeral, own))
    const sealing = await crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt, info }, shared, { name: 'AES-GCM', length: 256 }, false, ['unwrapKey'],
    )
    const key = await crypto.subtle.unwrapKey(
      'raw', ciphertext, sealing, { name: 'AES-GCM', iv, additionalData: utf8(phone) },
      { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'],
    )
    return { key, algorithm: 'SHA-256', digits: totp.digits, period_secs: totp.period_secs }
  } catch (thrown) {
    throw new Problem('seed_damaged', 0, String(thrown))
  }
}

function demanded(text: string): Bytes {
  const bytes = fromBase64url(text)
  if (bytes === undefined) throw new Error('not base64url')
  return bytes
}

/** The shared secret as a key for HKDF. */
async function sharedSecret(box: CryptoKeyPair, theirs: CryptoKey): Promise<CryptoKey> {
  const ecdh = { name: 'ECDH', public: theirs }
  try {
    return await crypto.subtle.deriveKey(ecdh, box.privateKey, 'HKDF', false, ['deriveKey'])
  } catch (thrown) {
    if (!(thrown instanceof DOMException) || thrown.name === 'OperationError') throw thrown
    // WebKit before 17.4 cannot derive a key for HKDF: the shared secret, not the seed, passes through here.
    const bits = await crypto.subtle.deriveBits(ecdh, box.privateKey, 256)
    return crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey'])
  }
}

/** The code of a step: RFC 6238, RFC 4226 §5.3. */
export async function codeOfStep(totp: Totp, step: number): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(step))
  const mac = new DataView(await crypto.subtle.sign('HMAC', totp.key, counter))
  const at = mac.getUint8(mac.byteLength - 1) & 15
  return String((mac.getUint32(at) & 0x7fff_ffff) % 10 ** totp.digits).padStart(totp.digits, '0')
}

/** The step at a time in ms. */
export function stepAt(totp: TotpParameters, atMs: number): number {
  return Math.floor(atMs / 1_000 / totp.period_secs)
}

/** What both sides compute four words from: SHA-256 over what an interceptor would have to change. */
export async function wordsDigest(
  phone: string, keys: { answer: PublicKey; device: PublicKey; box: PublicKey }, seed: SealedSeed, tenant: string, user: string,
): Promise<Bytes> {
  const { answer, device, box } = keys
  const lines = [
    'authx words 1', phone, answer.x, answer.y, device.x, device.y, box.x, box.y,
    seed.ephemeral, seed.iv, seed.ciphertext, tenant, user,
  ]
  return sha256(utf8(lines.join('\n')))
}

