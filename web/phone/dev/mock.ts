// An authenticator without a server, in every state that a screen can show. Not shipped.

import { signal } from '@preact/signals'
import { Problem, type Account, type Answered, type CallerCheck, type Code, type Entry, type Invitation, type Outcome, type Phone, type Request } from '../src/core/index.ts'

/** Thursday 26 November 2026, 14:32:28 in Berlin. */
export const NOW = Date.parse('2026-11-26T13:32:28Z')
const iso = (ms: number) => new Date(ms).toISOString()
const secs = (n: number) => iso(NOW + n * 1000)

const tenants = [
  ['Example Corp', 1, 'alice', '702415'], ['Example Hospital', 2, 'a.arnold', '390867'],
  ['Test University', 4, 'alice@test.example', '145208'], ['Sample Bank (old)', 3, 'alice.arnold', '568031'],
] as const
const moreTenants = ['Hochschulrechenzentrum Musterstadt-Nord', 'Donaudampfschifffahrtsgesellschaft Beispiel mbH und Co. KG Wien', 'उदाहरण विश्वविद्यालय दिल्ली', 'Example Lab', 'Sample Works', 'Test Clinic', 'Example Library', 'Sample Press', 'Test Rail', 'Example Energy', 'Sample Water', 'Test Post', 'Example Books', 'Sample Film', 'Test Harbour', 'Example Farm', 'Sample Bakery', 'Test Museum', 'Łódź Przykład', 'Example Ferry'] as const

function account(index: number, [name, hue, user]: readonly [string, number, string, string], more: Partial<Account> = {}): Account {
  return {
    phone: `pho_0198f2c4a1b27d3e8f90112233445${String(index).padStart(3, '0')}`, name: 'Alice’s phone', state: 'active', class: 'web',
    tenant: { id: `ten_${index}`, name, hue }, user: { id: `usr_${index}`, name: user },
    applications: [{ id: 'app_1', name: 'Berlin VPN' }, { id: 'app_2', name: 'Office VPN' }].slice(0, index === 0 ? 2 : 1),
    policy: { match_number: 'required', user_verification: 'off', app_lock: index === 0 ? 'required' : 'optional' },
    credential: true, reach: { state: 'reachable', by: 'push', at: secs(-125) }, subscribed: true, gone: false, heardAt: NOW, ...more,
  }
}

const four = tenants.map((tenant, index) => account(index, tenant))
const many = [...four, ...moreTenants.map((name, index) => account(index + 4, [name, index % 8 + 1, 'alice', '']))]

const request: Request = {
  id: 'log_1', sheet: 'log_1', phone: four[0]?.phone ?? '', kind: 'approval', application: { id: 'app_1', name: 'Berlin VPN' },
  tenant: { id: 'ten_0', name: 'Example Corp', hue: 1 }, user: { name: 'alice' },
  client: { address: '203.0.113.24', program: 'OpenVPN Connect 3.5', platform: 'Windows 11', device: 'Example Telecom, Berlin', new_network: true },
  server: {}, support_code: 'M4WT8C', asked_at: secs(-20), expires_at: secs(100), tries_left: 2, match_number: 'required', user_verification: false,
}

const check: CallerCheck = { id: 'cal_1', phone: four[0]?.phone ?? '', agent: 'Dora Desk', asked_at: secs(-48), expires_at: secs(252) }

const outcomes: readonly [string, Outcome, number, number, string?][] = [
  ['Berlin VPN', 'approved', 0, 0], ['Berlin VPN', 'fraud', 0, 325, '198.51.100.77'], ['Office VPN', 'code_used', 0, 341],
  ['Berlin VPN', 'denied', 1, 0], ['Berlin VPN', 'expired', 1, 3], ['Berlin VPN', 'approved', 1, 348],
  ['Office VPN', 'elsewhere', 5, 10], ['Office VPN', 'wrong_number', 5, 12], ['Berlin VPN', 'cancelled', 5, 30], ['Berlin VPN', 'replaced', 5, 40], ['Berlin VPN', 'code_shown', 9, 40],
]
function entries(rounds: number): Entry[] {
  return Array.from({ length: rounds }, (_, round) => outcomes.map(([app, outcome, days, minutes, address], index): Entry => ({
    id: `log_${round}_${index}`, application: { id: app, name: app }, outcome, at: iso(NOW - (days + round * 10) * 86_400_000 - minutes * 60_000),
    client: { address: address ?? '203.0.113.24', program: 'OpenVPN Connect 3.5', platform: 'Windows 11', new_network: outcome === 'fraud' },
    support_code: 'K7QF2M', kind: 'approval', phone: four[0]?.phone ?? '',
  }))).flat().slice(0, 50)
}

const invitation: Invitation & { short_code?: string } = {
  accounts: [{ tenant: { id: 'ten_0', name: 'Example Corp', hue: 1 }, user: { id: 'usr_0', name: 'alice' } }],
  proof: 'password', expires_at: iso(NOW + 6 * 86_400_000), phones: [], short_code: 'K7QF-2M9X',
}
const fourWords = ['copper', 'window', 'lantern', 'seven']
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const never = () => new Promise<never>(() => {})

/** A phone as the scene wants it; `scene` is a list of words such as `many,locked`. */
export function mockPhone(scene: string): Phone {
  const has = (word: string) => scene.split(',').includes(word)
  let unanswered = has('unanswering')
  const late = has('late')
  const accounts = signal<readonly Account[]>(has('empty') ? [] : has('one') ? four.slice(0, 1) : has('many') ? many : four)
  if (has('lost-reach')) accounts.value = accounts.value.map(a => ({ ...a, reach: { state: 'unreachable', since: iso(NOW - 2 * 86_400_000) } }))
  if (has('mixed')) accounts.value = accounts.value.map((a, i) => i === 3 ? { ...a, gone: true } : i === 2 ? { ...a, state: 'pending' } : i === 1 ? { ...a, label: 'Hospital at night', reach: { state: 'unknown' } } : a)
  if (has('resume')) accounts.value = accounts.value.map((a, i) => i === 2 ? { ...a, state: 'pending', words: fourWords } : a)
  const code = (index: number): Code => ({ code: tenants[index]?.[3] ?? String(100000 + index * 7919), next: '831770', until: NOW + (late ? 4 : index === 3 ? 4 : 19) * 1000, periodSecs: 30 })
  const locked = has('locked')
  const due = has('lock-due')
  const requests = signal<readonly Request[]>(asked(has))
  const callerChecks = signal<readonly CallerCheck[]>(has('caller') ? [{ ...check, ...(has('long') ? { agent: 'maximiliane.mustermann-beispiel@hochschulrechenzentrum-nord.example', expires_at: secs(21) } : {}) }] : [])
  const clock = signal(NOW)
  if (has('tick')) setInterval(() => { clock.value += 1000 }, 1000)
  const problem = (...args: ConstructorParameters<typeof Problem>) => Promise.reject(new Problem(...args))
  const answer = async (outcome: Answered['outcome'], more: Partial<Answered> = {}): Promise<Answered> => {
    if (has('busy')) return never()
    await wait(50)
    if (has('unanswered')) throw new Problem('unreachable')
    if (has('server-error')) throw new Problem('internal', 500, 'The server could not write. Try again in a minute.')
    return { outcome, at: secs(-9), support_code: 'M4WT8C', session: outcome === 'approved', ...more }
  }
  const phone: Phone & { dev: { end(): void; retry(): void } } = {
    accounts, clock, requests, callerChecks,
    codes: signal(new Map(locked ? [] : accounts.value.filter(a => !(due && a.policy.app_lock === 'required')).map((a, i) => [a.phone, code(i + (due ? 1 : 0))]))),
    history: signal(has('no-history') ? [] : entries(has('long-history') ? 5 : 1)),
    online: signal(!has('offline')), live: signal('open'),
    notices: signal({ state: has('notices-off') ? 'off' : has('notices-refused') ? 'refused' : has('notices-unsupported') ? 'unsupported' : has('notices-unanswered') ? 'unanswered' : 'on' }),
    lock: signal({ on: !has('lock-off') && !due && !has('no-lock'), locked, possible: has('no-lock') ? 'no' : 'yes', requiredBy: has('lock-off') ? [] : ['Example Corp'], missing: due ? [four[0]?.phone ?? ''] : [], graceSecs: 300 }),
    install: signal({ installed: !has('tab') && !has('ios'), way: has('ios') ? 'share' : has('prompt') ? 'prompt' : 'menu', mayEnrol: !has('ios'), persisted: !has('loose') }),
    update: signal({ version: '0.1.0', state: has('old') ? 'needed' : has('update') ? 'ready' : 'current' }),
    link: signal(has('invited') ? { kind: 'invitation', token: 'axi_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUaRtX5vCqEi0M' } : has('moving') ? { kind: 'move', token: 'axe_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUaRtX5vCqEi0M' } : undefined),
    server: signal({ version: '0.1.0', now: iso(NOW), vapid_public_key: '', oldest_client: '0.1.0', name: 'authx.example.com' }),
    deviceName: signal('Alice’s phone'),
    lookInvitation: () => has('looking') ? never() : has('over') ? problem('not_open', 404) : has('unread') ? problem('unreachable') : Promise.resolve({
      ...invitation, proof: has('code') ? 'code' : has('moving') || has('none') ? 'none' : 'password',
      accounts: has('moving') ? four.map(a => ({ tenant: a.tenant, user: a.user, moves: a.phone })) : invitation.accounts,
      phones: has('desk-words') || has('desk-done') ? [{ phone: 'pho_9', name: 'Alice’s phone', platform: 'Android, Chrome', words: fourWords, state: has('desk-done') ? 'active' : 'pending', at: iso(NOW) }] : [],
    }),
    prove: () => has('wrong-proof') ? problem('wrong_proof', 403, '', { left: 3 }) : has('dead') ? problem('wrong_proof', 403, '', { left: 0 }) : has('slow') ? problem('slow_down', 429, '', {}, 30) : Promise.resolve({ activation: 'axe_x', expires_at: secs(600) }),
    activate: async () => has('too-many') ? problem('too_many_phones', 409) : { account: account(0, tenants[0], { state: 'pending' }), words: fourWords },
    confirm: async () => has('unconfirmed') ? problem('unreachable') : account(0, tenants[0]),
    stop: async () => {},
    approve: () => answer(has('wrong') ? 'wrong_number' : has('wrong-end') ? 'wrong_number' : 'approved', has('wrong') ? { tries_left: 1 } : has('wrong-end') ? { tries_left: 0 } : {}),
    deny: () => answer('denied'), fraud: () => answer('fraud'),
    phoneCode: async () => ({ code: '482913', expires_at: secs(has('code-over') ? -1 : 52) }),
    callerDigits: () => has('busy') ? never() : has('unanswered') ? problem('unreachable') : has('unverified') ? problem('not_verified') : Promise.resolve({ agent_reads: '407', caller_reads: '829', expires_at: check.expires_at }),
    denyCaller: async () => { if (has('unanswered')) throw new Problem('unreachable'); callerChecks.value = [] },
    endSession: async () => {},
    whatBecameOf: async () => has('cancelled') ? 'cancelled' : has('elsewhere') ? 'elsewhere' : undefined,
    loadHistory: async () => { if (has('offline')) throw new Problem('unreachable') },
    rename: async () => {}, nameDevice: async () => {},
    reorder: async phones => { accounts.value = phones.flatMap(id => accounts.value.filter(a => a.phone === id)) },
    remove: async (id, anyway) => { if (has('offline') && anyway !== true) throw new Problem('unreachable'); accounts.value = accounts.value.filter(a => a.phone !== id) },
    startMove: async () => ({ activation: 'axe_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUaRtX5vCqEi0M', link: 'https://phone.example.com/#axe_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUaRtX5vCqEi0M', expires_at: secs(has('move-over') ? -1 : 96), left: has('left') ? [four[3]?.phone ?? ''] : [] }),
    cancelMove: async () => {},
    finishMove: async (_, { accounts: those }, progress) => { const one = those[2]; if (one !== undefined) progress?.({ done: 2, of: 4, account: one }); return has('busy') ? never() : four },
    enableNotifications: () => has('refuses') ? problem('notices_refused') : unanswered ? (unanswered = false, problem('notices_unanswered')) : Promise.resolve(), disableNotifications: async () => {},
    checkNow: async () => ({ at: NOW, requests: 0, failed: has('failed') ? [four[1]?.phone ?? ''] : [] }),
    lockNow: () => {}, unlock: () => has('unverified') ? problem('not_verified') : Promise.resolve(),
    registerLock: () => has('unverified') ? problem('not_verified') : Promise.resolve(), removeLock: async () => {},
    askInstall: async () => 'dismissed', applyUpdate: () => {}, holdUpdate: () => () => {}, forgetLink: () => {},
    dev: {
      end: () => { requests.value = []; callerChecks.value = [] },
      retry: () => { requests.value = requests.value.map((r, i) => i === 0 ? { ...r, id: 'log_1b', replaces: r.id } : r) },
    },
  }
  return phone
}

function asked(has: (word: string) => boolean): Request[] {
  if (!has('request')) return []
  const one: Request = {
    ...request,
    ...(has('kind-code') ? { kind: 'code' as const, match_number: 'off' as const } : {}),
    ...(has('no-number') ? { match_number: 'off' as const } : {}),
    ...(has('verify') ? { user_verification: true } : {}),
    ...(has('expired') ? { expires_at: secs(-2) } : {}),
    ...(has('plain') ? { client: { new_network: false } } : {}),
    ...(has('long') ? { application: { id: 'a', name: 'Zugangsserver der Donaudampfschifffahrtsgesellschaft Wien-Nord' }, tenant: { id: 't', name: 'Hochschulrechenzentrum Musterstadt-Nord und Umgebung', hue: 5 }, user: { name: 'maximiliane.mustermann-beispiel@hochschule.example' }, client: { address: '2001:db8:85a3:8d3:1319:8a2e:370:7348', program: 'OpenVPN Connect 3.5.1 (build 12345)', platform: 'Windows 11 Enterprise 24H2', device: 'maximilianes-arbeitsplatzrechner', new_network: true }, server: { name: 'vpn-1.musterstadt.example' } } : {}),
  }
  return has('several') ? [one, { ...request, id: 'log_2', sheet: 'log_2', application: { id: 'app_2', name: 'Office VPN' } }, { ...request, id: 'log_3', sheet: 'log_3' }] : [one]
}
