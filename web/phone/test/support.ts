// What several tests need.

import { createCipheriv, createECDH, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Kept, Keys } from '../src/core/store.ts'
import { makeKeys, openSeed } from '../src/core/keys.ts'
import type { SealedSeed, WireAccount, WireRequest } from '../src/core/wire.ts'

export const TOTP = { algorithm: 'SHA-256', digits: 6, period_secs: 30 } as const

/** The repository's known answers; they lie beside the rules in Rust. */
export function vectors<T>(name: string): T {
  // Bundled tests run from web/.
  const root = fileURLToPath(new URL(`file://${process.cwd()}/../`))
  return JSON.parse(readFileSync(join(root, 'crates/authx-core/vectors', name), 'utf8')) as T
}

/** What the server does, by other means than WebCrypto. */
export async function sealed(box: CryptoKeyPair, phone: string, secret: Buffer): Promise<SealedSeed> {
  const theirs = Buffer.from(await crypto.subtle.exportKey('raw', box.publicKey))
  const ephemeral = createECDH('prime256v1')
  const point = ephemeral.generateKeys()
  const shared = ephemeral.computeSecret(theirs)
  const salt = createHash('sha256').update(point).update(theirs).digest()
  const key = Buffer.from(hkdfSync('sha256', shared, salt, Buffer.from(`authx seed 1\0${phone}`), 32))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(phone))
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  return {
    ephemeral: point.toString('base64url'), iv: iv.toString('base64url'), ciphertext: ciphertext.toString('base64url'),
  }
}

export function account(phone: string, more: Partial<WireAccount> = {}): WireAccount {
  return {
    phone, name: 'Test phone', state: 'active', class: 'web',
    tenant: { id: 'ten_1', name: 'Example Corp', hue: 1 }, user: { id: 'usr_1', name: 'alice' },
    applications: [{ id: 'app_1', name: 'Berlin VPN' }],
    policy: { match_number: 'required', user_verification: 'off', app_lock: 'optional' },
    credential: false, reach: { state: 'unknown' }, subscribed: false, ...more,
  }
}

export async function kept(phone: string, more: Partial<Kept> = {}, keys?: Keys): Promise<Kept> {
  keys ??= await makeKeys()
  const totp = await openSeed(keys.box, phone, await sealed(keys.box, phone, Buffer.alloc(32, 7)), TOTP)
  return { phone, keys, totp, account: account(phone), order: 0, gone: false, heardAt: 0, ...more }
}

export function request(id: string, more: Partial<WireRequest> = {}): WireRequest {
  return {
    id, kind: 'approval', application: { id: 'app_1', name: 'Berlin VPN' },
    tenant: { id: 'ten_1', name: 'Example Corp', hue: 1 }, user: { name: 'alice' },
    client: { address: '203.0.113.24', new_network: false }, server: {}, support_code: 'K7QF2M',
    asked_at: '2026-11-26T00:00:00Z', expires_at: '2026-11-26T00:02:00Z', tries_left: 2,
    match_number: 'required', user_verification: false, ...more,
  }
}
