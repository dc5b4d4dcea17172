// The known answers that the rules in Rust are checked with too.

import assert from 'node:assert/strict'
import test from 'node:test'
import { openSeed, wordsDigest } from '../src/core/keys.ts'
import type { PublicKey, SealedSeed } from '../src/core/wire.ts'
import { fourWords } from '../src/core/words.ts'
import { TOTP, vectors } from './support.ts'

interface SeedCase {
  readonly name: string
  readonly phone: string
  readonly box_secret: string
  readonly box_key: PublicKey
  readonly secret: string
  readonly seed: SealedSeed
}

interface WordsCase {
  readonly phone: string
  readonly keys: { readonly answer: PublicKey; readonly device: PublicKey; readonly box: PublicKey }
  readonly seed: SealedSeed
  readonly tenant: string
  readonly user: string
  readonly words: readonly string[]
}

test('a seed that the server sealed opens into its secret', async () => {
  const { cases } = vectors<{ cases: SeedCase[] }>('phone_seed.json')
  assert.ok(cases.length > 0)
  for (const { name, phone, box_secret, box_key, secret, seed } of cases) {
    const d = Buffer.from(box_secret, 'hex').toString('base64url')
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
    const box: CryptoKeyPair = {
      privateKey: await crypto.subtle.importKey('jwk', { ...box_key, d }, algorithm, false, ['deriveKey', 'deriveBits']),
      publicKey: await crypto.subtle.importKey('jwk', { ...box_key }, algorithm, true, []),
    }
    const { key } = await openSeed(box, phone, seed, TOTP)
    const wanted = await crypto.subtle.importKey('raw', Buffer.from(secret, 'hex'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const text = Buffer.from('text')
    const [tag, same] = await Promise.all([key, wanted].map(one => crypto.subtle.sign('HMAC', one, text)))
    assert.deepEqual(tag, same, name)
  }
})

test('both sides compute the same four words', async () => {
  const { cases } = vectors<{ cases: WordsCase[] }>('phone_words.json')
  assert.ok(cases.length > 0)
  for (const { phone, keys, seed, tenant, user, words } of cases)
    assert.deepEqual(fourWords(await wordsDigest(phone, keys, seed, tenant, user)), words, phone)
})
