import assert from 'node:assert/strict'
import test from 'node:test'
import { Inbox } from '../src/core/inbox.ts'
import { request } from './support.ts'

const START = Date.parse('2026-11-26T00:00:10Z')

function inbox() {
  const receipts: unknown[] = []
  const time = { now: START }
  const box = new Inbox(() => time.now, (...receipt) => { receipts.push(receipt) })
  const ids = () => box.open.value.map(one => `${one.phone}/${one.id}`)
  return { box, receipts, time, ids }
}

test('requests of several accounts are one list, the oldest first, each received once', () => {
  const { box, receipts, ids } = inbox()
  box.take('pho_1', { version: 1, requests: [request('log_b', { asked_at: '2026-11-26T00:00:05Z' })] }, 'live')
  box.take('pho_2', { version: 9, requests: [request('log_a')] }, 'poll')
  box.take('pho_2', { version: 9, requests: [request('log_a')] }, 'poll')
  assert.deepEqual(ids(), ['pho_2/log_a', 'pho_1/log_b'])
  assert.deepEqual(receipts, [['pho_1', 'live', ['log_b']], ['pho_2', 'poll', ['log_a']]])
})

test('an older list that comes late changes nothing', () => {
  const { box, ids } = inbox()
  box.take('pho_1', { version: 2, requests: [] }, 'live')
  box.take('pho_1', { version: 1, requests: [request('log_a')] }, 'poll')
  assert.deepEqual(ids(), [])
  box.reopen()
  box.take('pho_1', { version: 1, requests: [request('log_a')] }, 'live')
  assert.deepEqual(ids(), ['pho_1/log_a'], 'a restored server begins lower')
})

test('what is over disappears by itself, and no unchanged list is a new one', () => {
  const { box, time, ids } = inbox()
  box.take('pho_1', { version: 1, requests: [request('log_a'), request('log_b', { expires_at: '2026-11-26T00:05:00Z' })] }, 'live')
  const before = box.open.value
  time.now += 1_000
  box.publish()
  assert.equal(box.open.value, before)
  time.now = Date.parse('2026-11-26T00:02:00Z')
  box.publish()
  assert.deepEqual(ids(), ['pho_1/log_b'])
  box.take('pho_1', { version: 2, requests: [] }, 'live')
  assert.deepEqual(ids(), [], 'answered elsewhere')
})

test('a client that tries again keeps its sheet', () => {
  const { box, ids } = inbox()
  box.take('pho_1', { version: 1, requests: [request('log_a')] }, 'live')
  box.take('pho_1', { version: 2, requests: [request('log_a'), request('log_b', { replaces: 'log_a' })] }, 'live')
  assert.deepEqual(ids(), ['pho_1/log_b'])
  assert.equal(box.open.value[0]?.sheet, 'log_a')
  box.take('pho_1', { version: 3, requests: [request('log_c', { replaces: 'log_b' })] }, 'live')
  assert.equal(box.open.value[0]?.sheet, 'log_a')
})

test('checks of callers stand beside requests, and end with their time, their account or a word', () => {
  const { box, receipts, time, ids } = inbox()
  const check = { id: 'cal_a', agent: 'Dora Desk', asked_at: '2026-11-26T00:00:00Z', expires_at: '2026-11-26T00:05:00Z' }
  const checks = () => box.checks.value.map(one => `${one.phone}/${one.id}`)
  box.take('pho_1', { version: 1, requests: [], caller_check: check }, 'live')
  box.take('pho_2', { version: 1, requests: [request('log_a')], caller_check: { ...check, id: 'cal_b' } }, 'live')
  assert.deepEqual([checks(), ids(), receipts.length], [['pho_1/cal_a', 'pho_2/cal_b'], ['pho_2/log_a'], 1], 'a check has no receipt')
  const before = box.checks.value
  box.reopen()
  box.publish()
  assert.equal(box.checks.value, before)
  box.take('pho_1', { version: 2, requests: [] }, 'live')
  assert.deepEqual(checks(), ['pho_2/cal_b'])
  box.end('cal_b')
  box.take('pho_2', { version: 2, requests: [], caller_check: { ...check, id: 'cal_b' } }, 'poll')
  assert.deepEqual(checks(), [], 'ended here')
  box.take('pho_2', { version: 3, requests: [], caller_check: { ...check, id: 'cal_c' } }, 'poll')
  assert.deepEqual(checks(), ['pho_2/cal_c'])
  box.keep(new Set(['pho_1']))
  assert.deepEqual(checks(), [])
  box.take('pho_1', { version: 3, requests: [], caller_check: check }, 'live')
  time.now = Date.parse(check.expires_at)
  box.publish()
  assert.deepEqual(checks(), [])
})

test('what was answered here is gone at once, a wrong number takes a try', () => {
  const { box, ids } = inbox()
  box.take('pho_1', { version: 1, requests: [request('log_a'), request('log_b')] }, 'live')
  box.missed('pho_1', 'log_a', 1)
  assert.equal(box.open.value[0]?.tries_left, 1)
  box.end('log_a')
  box.take('pho_1', { version: 1, requests: [request('log_a'), request('log_b')] }, 'poll')
  assert.deepEqual(ids(), ['pho_1/log_b'])
  box.keep(new Set())
  assert.deepEqual(ids(), [])
})
