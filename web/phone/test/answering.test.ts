import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import test from 'node:test'
import { Accounts } from '../src/core/accounts.ts'
import { Answering } from '../src/core/answering.ts'
import { Inbox } from '../src/core/inbox.ts'
import { AppLock } from '../src/core/lock.ts'
import { isProblem, Problem } from '../src/core/problem.ts'
import type { Assertion, Server } from '../src/core/server.ts'
import { Store } from '../src/core/store.ts'
import type { Answered } from '../src/core/wire.ts'
import { kept, request } from './support.ts'

const NOW = Date.parse('2026-11-26T00:00:10Z')
const APPROVED: Answered = { outcome: 'approved', at: '2026-11-26T00:00:11Z', support_code: 'K7QF2M', session: true }
const ASSERTION: Assertion = { id: 'a', client_data: 'b', authenticator_data: 'c', signature: 'd' }

async function answering(name: string, server: Partial<Server>, lock: Partial<AppLock> = {}) {
  const store = await Store.open(name)
  await store.addAccount(await kept('pho_1'))
  const accounts = new Accounts(store)
  await accounts.load()
  const inbox = new Inbox(() => NOW, () => {})
  inbox.take('pho_1', { version: 1, requests: [request('log_1')] }, 'live')
  const open = Object.assign(new AppLock(accounts, server as Server), { pass: async () => {}, ...lock })
  return { inbox, answers: new Answering(accounts, inbox, open, server as Server), asked: inbox.open.value[0]! }
}

test('an approval signs the number, and the request is gone', async () => {
  const sent: unknown[] = []
  const { inbox, answers, asked } = await answering('approve', {
    approve: async (_, ...rest) => {
      sent.push(rest)
      return APPROVED
    },
  })
  assert.deepEqual(await answers.approve(asked, '482913'), APPROVED)
  assert.deepEqual(sent, [['log_1', '{"answer":"approve","login":"log_1","application":"app_1","address":"203.0.113.24","match_number":"482913"}', undefined]])
  assert.deepEqual(inbox.open.value, [])
})

test('a wrong number leaves the request, with fewer tries', async () => {
  const { inbox, answers, asked } = await answering('wrong', {
    approve: async () => ({ ...APPROVED, outcome: 'wrong_number', tries_left: 1 }),
  })
  assert.equal((await answers.approve(asked, '000000')).outcome, 'wrong_number')
  assert.equal(inbox.open.value[0]?.tries_left, 1)
})

test('without the lock nothing is signed but a no', async () => {
  let approved = false
  const { answers, asked } = await answering('locked', {
    approve: async () => {
      approved = true
      return APPROVED
    },
    refuse: async () => ({ ...APPROVED, outcome: 'denied', session: false }),
  }, { pass: async () => { throw new Problem('not_verified') } })
  await assert.rejects(answers.approve(asked, '482913'), thrown => isProblem(thrown, 'not_verified'))
  assert.ok(!approved)
  assert.equal((await answers.refuse('deny', asked)).outcome, 'denied')
})

test('where it is demanded, the user is verified for this very statement', async () => {
  const verified: unknown[] = []
  const sent: unknown[] = []
  let demand = false
  const { answers, asked } = await answering('verified', {
    approve: async (_, __, statement, assertion) => {
      sent.push(assertion)
      if (demand && assertion === undefined) throw new Problem('verification_needed', 403)
      return { ...APPROVED, support_code: statement.slice(-9, -3) }
    },
  }, {
    assert: async (...about: unknown[]) => {
      verified.push(about)
      return ASSERTION
    },
  } as Partial<AppLock>)
  const answered = await answers.approve({ ...asked, user_verification: true }, '482913')
  assert.deepEqual([verified.length, sent], [1, [ASSERTION]])
  assert.ok(answered)
  demand = true
  await answers.approve(asked, '482913')
  assert.deepEqual(sent, [ASSERTION, undefined, ASSERTION], 'also when the policy changed meanwhile')
})

test('an answer whose own answer got lost is sent again, and "already so" is a success', async () => {
  for (const [outcome, wanted] of [['approved', true], ['expired', false]] as const) {
    let sent = 0
    const { inbox, answers, asked } = await answering(`lost ${outcome}`, {
      approve: async () => {
        sent += 1
        throw sent === 1 ? new Problem('unreachable') : new Problem('not_open', 409, '', { outcome })
      },
    })
    const settled = await answers.approve(asked, '482913').then(answered => answered.outcome, (thrown: Problem) => thrown.code)
    assert.equal(settled, wanted ? 'approved' : 'not_open', outcome)
    assert.equal(sent, 2)
    assert.deepEqual(inbox.open.value, [], 'over, however')
  }
  const { answers, asked, inbox } = await answering('away', { approve: async () => { throw new Problem('unreachable') } })
  await assert.rejects(answers.approve(asked, '482913'), thrown => isProblem(thrown, 'unreachable'))
  assert.equal(inbox.open.value.length, 1, 'nothing is known: it stays')
})

test('answered elsewhere first: "already so" is no success of this phone', async () => {
  const { answers, asked } = await answering('elsewhere', {
    approve: async () => { throw new Problem('not_open', 409, '', { outcome: 'approved' }) },
  })
  await assert.rejects(answers.approve(asked, '482913'), thrown => isProblem(thrown, 'not_open'))
})
