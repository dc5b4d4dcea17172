import assert from 'node:assert/strict'
import test from 'node:test'
import { clock } from '../src/scripts/once.ts'
import { words } from '../src/scripts/passkey.ts'
import { bytes, created, creation, got, request, text } from '../src/scripts/passkey-json.ts'

test('bytes and their text are the same thing', () => {
  const all = Uint8Array.from({ length: 256 }, (_, at) => at)
  assert.equal(text(all.buffer), Buffer.from(all).toString('base64url'))
  assert.deepEqual(bytes(text(all.buffer)), all)
  assert.deepEqual(bytes(''), new Uint8Array())
})

test("the server's wishes become the browser's, and what is unknown here goes along", () => {
  const { publicKey } = creation({ publicKey: {
    challenge: 'AQID', rp: { id: 'localhost', name: 'AuthX' }, user: { id: 'BA', name: 'a', displayName: 'A' },
    excludeCredentials: [{ type: 'public-key', id: 'BQ', transports: ['usb'] }], hints: ['client-device'],
  } })
  assert.deepEqual(publicKey?.challenge, new Uint8Array([1, 2, 3]))
  assert.deepEqual(publicKey?.user.id, new Uint8Array([4]))
  assert.deepEqual(publicKey?.excludeCredentials, [{ type: 'public-key', id: new Uint8Array([5]), transports: ['usb'] }])
  assert.deepEqual((publicKey as unknown as { hints: string[] }).hints, ['client-device'])
  const asked = request({ publicKey: { challenge: 'AQID', userVerification: 'required' } }).publicKey
  assert.deepEqual(asked?.allowCredentials, [])
  assert.equal(asked?.userVerification, 'required')
})

test('what the browser answers is JSON for the server', () => {
  const buffer = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer
  const common = { id: 'AQ', rawId: buffer(1), type: 'public-key', getClientExtensionResults: () => ({ credProps: { rk: true } }) }
  const fresh = { ...common, response: { clientDataJSON: buffer(2), attestationObject: buffer(3), getTransports: () => ['internal'] } }
  assert.deepEqual(created(fresh as unknown as PublicKeyCredential), {
    id: 'AQ', rawId: 'AQ', type: 'public-key', clientExtensionResults: { credProps: { rk: true } },
    response: { clientDataJSON: 'Ag', attestationObject: 'Aw', transports: ['internal'] },
  })
  const used = { ...common, response: { clientDataJSON: buffer(2), authenticatorData: buffer(3), signature: buffer(4), userHandle: null } }
  assert.deepEqual((got(used as unknown as PublicKeyCredential) as { response: unknown }).response,
    { clientDataJSON: 'Ag', authenticatorData: 'Aw', signature: 'BA', userHandle: null })
})

test('whatever goes wrong, the words say what to do', () => {
  for (const name of ['NotAllowedError', 'InvalidStateError', 'NotSupportedError', 'SecurityError', 'DataError'])
    assert.match(words(new DOMException('', name)), /\. .+\.$/)
  assert.match(words('?'), /Reload the page/)
})

test('time left is minutes and seconds', () => {
  assert.deepEqual([600, 580, 61, 9, 0].map(clock), ['10:00', '9:40', '1:01', '0:09', '0:00'])
})
