import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import test from 'node:test'
import { Accounts } from '../src/core/accounts.ts'
import { Inbox } from '../src/core/inbox.ts'
import { Listening } from '../src/core/listening.ts'
import { Problem } from '../src/core/problem.ts'
import type { Server } from '../src/core/server.ts'
import { Store } from '../src/core/store.ts'
import type { Way } from '../src/core/wire.ts'
import { kept, request } from './support.ts'

const PATIENCE = { first: 60, silence: 120, shortest: 5, longest: 40, betweenPolls: 10 }
const NOW = Date.parse('2026-11-26T00:00:10Z')

async function listening(name: string, server: Partial<Server>, phones = ['pho_1'], http1 = false) {
  const store = await Store.open(name)
  for (const phone of phones) await store.addAccount(await kept(phone))
  const accounts = new Accounts(store)
  await accounts.load()
  const ways: Way[] = []
  const inbox = new Inbox(() => NOW, (_, by) => ways.push(by))
  const loops = new Listening(accounts, inbox, server as Server, () => http1, PATIENCE)
  return { accounts, inbox, loops, ways }
}

function body(text: string, more?: (controller: ReadableStreamDefaultController<Uint8Array>) => void): Response {
  return new Response(new ReadableStream<Uint8Array>({
    start(controller) {
      if (text !== '') controller.enqueue(new TextEncoder().encode(text))
      more?.(controller)
    },
  }))
}

function event(version: number, ...ids: string[]): string {
  return `event: requests\nid: ${version}\ndata: ${JSON.stringify({ version, requests: ids.map(id => request(id)) })}\n\n`
}

async function until(what: () => boolean, ms = 2_000): Promise<void> {
  const end = Date.now() + ms
  while (!what()) {
    assert.ok(Date.now() < end, `never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test('a stream that goes silent is opened again', async () => {
  let opened = 0
  const { inbox, loops, ways } = await listening('silent', {
    live: async () => body(event(opened += 1, `log_${opened}`)),
  })
  loops.start()
  await until(() => opened >= 3)
  assert.ok(inbox.open.value.length === 1 && ways.every(way => way === 'live'))
  loops.stop()
  assert.equal(loops.live.value, 'closed')
  const then = opened
  await new Promise(resolve => setTimeout(resolve, 200))
  assert.equal(opened, then, 'nothing runs while hidden')
})

test('a server that is away is asked again, later and later, and at once when told to', async () => {
  const times: number[] = []
  let away = true
  const { loops } = await listening('away', {
    live: async () => {
      times.push(Date.now())
      if (away) throw new Problem('unreachable')
      return body(event(1))
    },
  })
  loops.start()
  await until(() => times.length >= 6)
  assert.equal(loops.live.value, 'waiting')
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
  assert.ok(gaps[4]! > gaps[0]!, String(gaps))
  away = false
  loops.start()
  await until(() => loops.live.value === 'open')
  loops.stop()
})

test('where something holds streams back, it asks instead', async () => {
  const waits: unknown[] = []
  const { inbox, loops, ways } = await listening('held', {
    live: async () => body(''),
    requests: async (_, wait) => {
      waits.push(wait)
      return { version: 4, requests: [request('log_1')] }
    },
  })
  loops.start()
  await until(() => waits.length >= 2)
  assert.equal(loops.live.value, 'polling')
  assert.deepEqual(waits.slice(0, 2), [{ after: 0, waitSecs: 25 }, { after: 4, waitSecs: 25 }])
  assert.deepEqual([inbox.open.value.length, ways], [1, ['poll']])
  loops.stop()
})

test('over HTTP/1.1 most accounts are asked in turn: it has six connections', async () => {
  const phones = ['pho_1', 'pho_2', 'pho_3', 'pho_4', 'pho_5']
  const streamed = new Set<string>()
  const polled = new Set<string>()
  const { loops } = await listening('http1', {
    live: async ({ phone }) => {
      streamed.add(phone)
      return body(event(1))
    },
    requests: async ({ phone }, wait) => {
      assert.equal(wait, undefined, 'no connection is held')
      polled.add(phone)
      return { version: 1, requests: [] }
    },
  }, phones, true)
  loops.start()
  await until(() => polled.size === 2)
  assert.equal(streamed.size, 3)
  loops.stop()
})

test('dead keys are noted and never asked about again', async () => {
  let asked = 0
  const { accounts, loops } = await listening('gone', {
    live: async () => {
      asked += 1
      throw new Problem('phone_gone', 401)
    },
  })
  loops.start()
  await until(() => accounts.shown.value[0]?.gone === true)
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.equal(asked, 1)
  loops.refresh()
  assert.equal(loops.live.value, 'closed')
  loops.stop()
})
