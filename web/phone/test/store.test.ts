import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import test from 'node:test'
import { Store } from '../src/core/store.ts'
import { kept } from './support.ts'

const FIRST = (db: IDBDatabase) => {
  db.createObjectStore('accounts', { keyPath: 'phone' })
  db.createObjectStore('settings')
  db.createObjectStore('history')
}
const SECOND = (db: IDBDatabase) => { db.createObjectStore('more') }

test('accounts come back in the user\'s order, with keys that still sign', async () => {
  const store = await Store.open('order')
  await store.addAccount(await kept('pho_b', { order: 2 }))
  await store.addAccount(await kept('pho_a', { order: 1, label: 'Work' }))
  const [a, b] = await store.accounts()
  assert.deepEqual([a?.phone, a?.label, b?.phone], ['pho_a', 'Work', 'pho_b'])
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, a!.keys.answer.privateKey, new Uint8Array(1))
  assert.equal(signature.byteLength, 64)
  await assert.rejects(store.addAccount(await kept('pho_a')), 'an account is never written over by another')
  store.close()
})

test('two changes of one account are both kept', async () => {
  const store = await Store.open('changes')
  await store.addAccount(await kept('pho_a'))
  await Promise.all([
    store.changeAccount('pho_a', one => ({ ...one, label: 'Work' })),
    store.changeAccount('pho_a', one => ({ ...one, gone: true })),
  ])
  const found = await store.account('pho_a')
  assert.deepEqual([found?.label, found?.gone], ['Work', true])
  assert.equal(await store.changeAccount('pho_none', one => one), undefined)
  store.close()
})

test('an upgrade loses nothing, and neither does going back', async () => {
  const old = await Store.open('upgrade', [FIRST])
  await old.addAccount(await kept('pho_a', { label: 'Work' }))
  await old.set('deviceName', 'My phone')
  // Still open in another tab: it lets go by itself.
  const fresh = await Store.open('upgrade', [FIRST, SECOND])
  assert.equal((await fresh.account('pho_a'))?.label, 'Work')
  await fresh.addAccount(await kept('pho_b'))
  fresh.close()
  const back = await Store.open('upgrade', [FIRST])
  assert.deepEqual((await back.accounts()).map(one => one.phone), ['pho_a', 'pho_b'])
  assert.equal(await back.setting('deviceName'), 'My phone')
  back.close()
})

test('removing an account takes its history along', async () => {
  const store = await Store.open('remove')
  await store.addAccount(await kept('pho_a'))
  await store.setHistory('pho_a', [])
  await store.removeAccount('pho_a')
  assert.deepEqual([await store.accounts(), await store.history('pho_a')], [[], []])
  store.close()
})
