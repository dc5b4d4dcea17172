import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { Caller } from '../src/core/caller.ts'
import { makeKeys } from '../src/core/keys.ts'
import { Problem } from '../src/core/problem.ts'
import { Clock } from '../src/core/time.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

async function server(context: TestContext, answer: Answer): Promise<string> {
  let count = 0
  const listening = createServer((request, response) => answer(request, response, count += 1))
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

function problem(response: ServerResponse, status: number, members: object, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify({ status, ...members }))
}

function created(request: IncomingMessage): number {
  return Number(/created=(\d+)/.exec(String(request.headers['signature-input']))?.[1])
}

async function thrown(promise: Promise<unknown>): Promise<Problem> {
  const found = await promise.then(() => undefined, (error: unknown) => error)
  assert.ok(found instanceof Problem, String(found))
  return found
}

test('a wrong clock is corrected once, and the correction is kept', async context => {
  const ahead = 3_600_000
  const offsets: number[] = []
  const times: number[] = []
  const origin = await server(context, (request, response) => {
    times.push(created(request))
    if (Math.abs(created(request) - (Date.now() + ahead) / 1_000) < 300) response.end('{"ok":true}')
    else problem(response, 401, { code: 'clock', now: new Date(Date.now() + ahead).toISOString() })
  })
  const clock = new Clock(0, offset => offsets.push(offset))
  const signer = { phone: 'pho_1', key: (await makeKeys()).device }
  const caller = new Caller(clock, origin)
  assert.deepEqual(await caller.call({ path: '/account', signer }), { ok: true })
  assert.equal(times.length, 2)
  assert.ok(Math.abs(offsets[0]! - ahead) < 5_000 && offsets.length === 1, String(offsets))
  await caller.call({ path: '/account', signer })
  assert.equal(times.length, 3, 'known from now on')
})

test('a server that is never content with the clock is asked twice and no more', async context => {
  let asked = 0
  const origin = await server(context, (_, response) => {
    asked += 1
    problem(response, 401, { code: 'clock', now: '2000-01-01T00:00:00Z' })
  })
  const signer = { phone: 'pho_1', key: (await makeKeys()).device }
  const { code, status } = await thrown(new Caller(new Clock(), origin).call({ path: '/account', signer }))
  assert.deepEqual([code, status, asked], ['clock', 401, 2])
})

test('errors say what the server said', async context => {
  const origin = await server(context, (_, response, count) => {
    if (count === 1) problem(response, 409, { code: 'not_open', outcome: 'expired', detail: 'It is over.' })
    else if (count === 2) problem(response, 429, { code: 'slow_down' }, { 'retry-after': '30' })
    else if (count === 3) response.writeHead(502).end('<html>')
    else if (count === 4) response.writeHead(404).end('<html>')
    else if (count === 5) response.writeHead(200).end('<html>')
    else response.writeHead(204).end()
  })
  const caller = new Caller(new Clock(), origin)
  const first = await thrown(caller.call({ path: '/a' }))
  assert.deepEqual([first.code, first.status, first.detail, first.members['outcome']], ['not_open', 409, 'It is over.', 'expired'])
  const second = await thrown(caller.call({ path: '/a' }))
  assert.deepEqual([second.code, second.retryAfterSecs], ['slow_down', 30])
  assert.equal((await thrown(caller.call({ path: '/a' }))).code, 'unreachable', 'a proxy without its server')
  assert.equal((await thrown(caller.call({ path: '/a' }))).code, 'not_understood')
  assert.equal((await thrown(caller.call({ path: '/a' }))).code, 'not_understood')
  assert.equal(await caller.call({ path: '/a' }), undefined)
})

test('a newer app is asked for by 426', async context => {
  const origin = await server(context, (_, response) => problem(response, 426, { code: 'client_too_old' }))
  let asked = 0
  const { code } = await thrown(new Caller(new Clock(), origin, () => { asked += 1 }).call({ path: '/a' }))
  assert.deepEqual([code, asked], ['client_too_old', 1])
})

test('nobody waits for ever, for the answer or for its body', async context => {
  const origin = await server(context, (_, response, count) => {
    if (count === 2) response.writeHead(200).write('{')
  })
  const caller = new Caller(new Clock(), origin)
  for (const _ of [1, 2]) {
    const began = Date.now()
    assert.equal((await thrown(caller.call({ path: '/a', timeoutMs: 200 }))).code, 'unreachable')
    assert.ok(Date.now() - began < 2_000)
  }
  assert.equal((await thrown(new Caller(new Clock(), 'http://127.0.0.1:9').call({ path: '/a' }))).code, 'unreachable')
})

test('a stream outlives the time-out of its beginning, and ends with its signal', async context => {
  let closed = false
  const origin = await server(context, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    request.on('close', () => { closed = true })
    setTimeout(() => response.write('data: 2\n\n'), 300)
  })
  const controller = new AbortController()
  const answer = await new Caller(new Clock(), origin).open({ path: '/live', timeoutMs: 100 }, controller.signal)
  const reader = answer.body!.getReader()
  const decoder = new TextDecoder()
  assert.equal(decoder.decode((await reader.read()).value), 'data: 1\n\n')
  assert.equal(decoder.decode((await reader.read()).value), 'data: 2\n\n')
  controller.abort()
  await assert.rejects(reader.read())
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.ok(closed)
})
