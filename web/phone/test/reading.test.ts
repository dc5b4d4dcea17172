import assert from 'node:assert/strict'
import test from 'node:test'
import { readDigits, readEntered, readFragment, search } from '../src/core/reading.ts'
import { isProblem } from '../src/core/problem.ts'
import { statementOf } from '../src/core/statement.ts'
import { account, request } from './support.ts'

const TOKEN = 'axi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA123456'

test('links, bare tokens and short codes are read', () => {
  assert.deepEqual(readEntered(` https://phone.example.com/#${TOKEN}\n`), { kind: 'invitation', token: TOKEN })
  assert.deepEqual(readEntered(TOKEN), { kind: 'invitation', token: TOKEN })
  assert.deepEqual(readEntered(TOKEN.replace('axi', 'axe')).kind, 'move')
  for (const typed of ['ABCD-EFGH', 'abcdefgh', ' abcd efgh '])
    assert.deepEqual(readEntered(typed), { kind: 'invitation', token: 'ABCD-EFGH' }, typed)
  for (const wrong of ['', 'ABCD-EFG', 'https://example.com/', '#requests', 'otpauth://totp/a?secret=b'])
    assert.throws(() => readEntered(wrong), thrown => isProblem(thrown, 'no_invitation'), wrong)
})

test('a fragment is a link or nothing', () => {
  assert.deepEqual(readFragment('#requests'), { kind: 'requests' })
  assert.equal(readFragment(''), undefined)
  assert.equal(readFragment('#axi_short'), undefined)
  assert.equal(readFragment(`#${TOKEN}&x=1`), undefined)
})

test('six digits, however they are grouped', () => {
  for (const typed of ['482913', '482 913', ' 48-29-13', '４８２９１３']) assert.equal(readDigits(typed), '482913', typed)
  for (const wrong of ['', '48291', '4829130', '48291x']) assert.equal(readDigits(wrong), undefined, wrong)
})

test('each word of a search begins a word of the account', () => {
  const accounts = [
    account('pho_1', { tenant: { id: 'a', name: 'Müller & Söhne', hue: 1 } }),
    { ...account('pho_2', { user: { id: 'u', name: 'bob.brandt' } }), label: 'Night shift' },
  ]
  const found = (query: string) => search(accounts, query).map(one => one.phone)
  assert.deepEqual(found(''), ['pho_1', 'pho_2'])
  assert.deepEqual(found('muller'), ['pho_1'])
  assert.deepEqual(found('ali so'), ['pho_1'])
  assert.deepEqual(found('BRANDT'), ['pho_2'])
  assert.deepEqual(found('shift berlin'), ['pho_2'])
  assert.deepEqual(found('ight'), [])
})

test('a statement has exactly the facts that were shown', () => {
  assert.equal(
    statementOf('approve', request('log_1'), '482913'),
    '{"answer":"approve","login":"log_1","application":"app_1","address":"203.0.113.24","match_number":"482913"}',
  )
  assert.equal(
    statementOf('fraud', request('log_1', { client: { new_network: true } })),
    '{"answer":"fraud","login":"log_1","application":"app_1"}',
  )
})
