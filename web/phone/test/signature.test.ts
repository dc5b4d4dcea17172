import assert from 'node:assert/strict'
import test from 'node:test'
import { fromBase64url, utf8 } from '../src/core/bytes.ts'
import { makeKeys } from '../src/core/keys.ts'
import { contentDigest, parametersOf, signatureBase, signedHeaders } from '../src/core/signature.ts'
import { vectors } from './support.ts'

interface Case {
  readonly name: string
  readonly request: {
    method: string; url: string; authx_client: string; body: string; created: number; nonce: string
    signature_base: string[]; headers: Record<string, string>
  }
}
const known = vectors<{ jwk: JsonWebKey; keyid: string; cases: Case[] }>('phone.json')
const ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' }

test('the base of every known answer is the same, byte for byte', async () => {
  assert.ok(known.cases.length >= 2)
  const { d: _, ...half } = known.jwk
  const key = await crypto.subtle.importKey('jwk', half, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  for (const { name, request } of known.cases) {
    const signable = { method: request.method, url: new URL(request.url), body: utf8(request.body), client: request.authx_client }
    const digest = await contentDigest(signable.body)
    const parameters = parametersOf(known.keyid, request.created, Buffer.from(request.nonce, 'hex'))
    const base = signatureBase(signable, digest, parameters)
    assert.equal(base, request.signature_base.join('\n'), name)
    assert.equal(`authx=${parameters}`, request.headers['signature-input'], name)
    assert.equal(digest, request.headers['content-digest'], name)
    const signature = Buffer.from(request.headers['signature']!.slice('authx=:'.length, -1), 'base64')
    assert.ok(await crypto.subtle.verify(ALGORITHM, key, signature, utf8(base)), name)
  }
})

test('what is signed can be verified, and a changed word cannot', async () => {
  const { answer } = await makeKeys()
  const signable = {
    method: 'POST', url: new URL('https://PHONE.example:443/phone/v1/receipts?a=b%20c'), body: utf8('{}'), client: 'authx-web-phone/1.2.3',
  }
  const headers = await signedHeaders(signable, 'pho_1', answer, 1_790_000_100)
  assert.equal(headers['authx-client'], 'authx-web-phone/1.2.3')
  const parameters = headers['signature-input']!.slice('authx='.length)
  const nonce = /nonce="([^"]+)"/.exec(parameters)![1]!
  assert.equal(fromBase64url(nonce)?.length, 16)
  const base = signatureBase(signable, headers['content-digest']!, parameters)
  assert.match(base, /^"@authority": phone\.example$/m, 'lower case, without the own port of https')
  assert.match(base, /^"@query": \?a=b%20c$/m)
  const signature = Buffer.from(headers['signature']!.slice('authx=:'.length, -1), 'base64')
  assert.equal(signature.length, 64)
  assert.ok(await crypto.subtle.verify(ALGORITHM, answer.publicKey, signature, utf8(base)))
  assert.ok(!await crypto.subtle.verify(ALGORITHM, answer.publicKey, signature, utf8(base.replace('POST', 'PUT'))))
  const again = await signedHeaders(signable, 'pho_1', answer, 1_790_000_100)
  assert.notEqual(again['signature-input'], headers['signature-input'], 'a nonce is never used twice')
})
