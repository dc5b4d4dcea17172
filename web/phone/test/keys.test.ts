import assert from 'node:assert/strict'
import test from 'node:test'
import { newId } from '../src/core/bytes.ts'
import { codeAt } from '../src/core/codes.ts'
import { codeOfStep, makeKeys, openSeed, publicKey, wordsDigest } from '../src/core/keys.ts'
import { isProblem } from '../src/core/problem.ts'
import type { SealedSeed } from '../src/core/wire.ts'
import { fourWords } from '../src/core/words.ts'
import { sealed, TOTP } from './support.ts'

const PHONE = 'pho_01k9zc3s0q2d4h6k8n1r3v5x7z'
/** RFC 6238, appendix B, SHA-256. */
const SECRET = Buffer.from('12345678901234567890123456789012')
const KNOWN: readonly (readonly [secs: number, code: string])[] = [
  [59, '46119246'], [1_111_111_109, '68084774'], [1_111_111_111, '67062674'],
  [1_234_567_890, '91819424'], [2_000_000_000, '90698825'], [20_000_000_000, '77737706'],
]

test('codes are those of RFC 6238, from a secret that arrived sealed', async () => {
  const { box } = await makeKeys()
  const totp = await openSeed(box, PHONE, await sealed(box, PHONE, SECRET), { ...TOTP, digits: 8 })
  for (const [secs, code] of KNOWN) assert.equal(await codeOfStep(totp, Math.floor(secs / 30)), code, String(secs))
  const six = await codeAt({ totp: { ...totp, digits: 6 } }, 1_111_111_109_000)
  assert.deepEqual(six, { code: '084774', next: '062674', until: 1_111_111_110_000, periodSecs: 30 })
})

test('no key can be taken out', async () => {
  const keys = await makeKeys()
  const totp = await openSeed(keys.box, PHONE, await sealed(keys.box, PHONE, SECRET), TOTP)
  const all = [keys.answer.privateKey, keys.device.privateKey, keys.box.privateKey, totp.key]
  for (const key of all) {
    assert.equal(key.extractable, false)
    for (const format of ['jwk', 'raw', 'pkcs8'] as const)
      await assert.rejects(crypto.subtle.exportKey(format as 'pkcs8', key), `${key.algorithm.name} as ${format}`)
  }
  assert.deepEqual([...totp.key.usages], ['sign'])
})

test('a secret that was changed, or is another phone\'s, does not open', async () => {
  const { box } = await makeKeys()
  const good = await sealed(box, PHONE, SECRET)
  const flipped = (text: string) => {
    const bytes = Buffer.from(text, 'base64url')
    bytes[bytes.length - 1]! ^= 1
    return bytes.toString('base64url')
  }
  const bad: readonly [string, SealedSeed, string][] = [
    ['ciphertext', { ...good, ciphertext: flipped(good.ciphertext) }, PHONE],
    ['iv', { ...good, iv: flipped(good.iv) }, PHONE],
    ['ephemeral', { ...good, ephemeral: flipped(good.ephemeral) }, PHONE],
    ['not base64url', { ...good, iv: '*' }, PHONE],
    ['phone', good, 'pho_01k9zc3s0q2d4h6k8n1r3v5x80'],
  ]
  for (const [what, seed, phone] of bad)
    await assert.rejects(openSeed(box, phone, seed, TOTP), thrown => isProblem(thrown, 'seed_damaged'), what)
})

test('four words depend on every fact', async () => {
  const keys = await makeKeys()
  const { box } = keys
  const halves = { answer: await publicKey(keys.answer), device: await publicKey(keys.device), box: await publicKey(box) }
  const seed = await sealed(box, PHONE, SECRET)
  const digest = await wordsDigest(PHONE, halves, seed, 'ten_1', 'usr_1')
  const words = fourWords(digest)
  assert.equal(words.length, 4)
  const others = [
    await wordsDigest('pho_2', halves, seed, 'ten_1', 'usr_1'),
    await wordsDigest(PHONE, { ...halves, device: halves.answer }, seed, 'ten_1', 'usr_1'),
    await wordsDigest(PHONE, { ...halves, box: halves.answer }, seed, 'ten_1', 'usr_1'),
    await wordsDigest(PHONE, halves, { ...seed, iv: 'AAAAAAAAAAAAAAAA' }, 'ten_1', 'usr_1'),
    await wordsDigest(PHONE, halves, seed, 'ten_2', 'usr_1'),
    await wordsDigest(PHONE, halves, seed, 'ten_1', 'usr_2'),
  ]
  for (const other of others) assert.notDeepEqual(fourWords(other), words)
})

test('words are the first 44 bits, eleven a word, most significant first', () => {
  assert.deepEqual(fourWords(new Uint8Array(32)), ['abandon', 'abandon', 'abandon', 'abandon'])
  assert.deepEqual(fourWords(new Uint8Array(32).fill(255)), ['zoo', 'zoo', 'zoo', 'zoo'])
  // 00000000001 00000000010 00000000011 00000000100 and bits that do not count.
  const bits = '00000000001' + '00000000010' + '00000000011' + '00000000100' + '1111'
  const bytes = Uint8Array.from(bits.match(/.{8}/g)!.map(octet => parseInt(octet, 2)))
  assert.deepEqual(fourWords(bytes), ['ability', 'able', 'about', 'above'])
})

test('an id is a UUIDv7 of its time in Crockford\'s base32', () => {
  const id = newId('pho', Date.parse('2026-11-26T00:00:00.123Z'))
  assert.match(id, /^pho_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$/)
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  const number = [...id.slice(4)].reduce((sum, c) => sum * 32n + BigInt(digits.indexOf(c)), 0n)
  assert.equal(Number(number >> 80n), Date.parse('2026-11-26T00:00:00.123Z'))
  assert.equal((number >> 76n) & 15n, 7n)
  assert.equal((number >> 62n) & 3n, 2n)
  assert.notEqual(newId('pho', 0), newId('pho', 0))
})
