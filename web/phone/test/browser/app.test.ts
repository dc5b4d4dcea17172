// What only a browser can show: real keys, a real service worker, a real screen lock in a stand-in.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { build } from '../../../build/build.mjs'
import type { Phone, Request } from '../../src/core/index.ts'
import { request } from '../support.ts'
import { Stub } from './stub.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}`
if (skip !== false) console.log(`SKIPPED browser tests: ${skip}`)

declare const phone: Phone
declare const late: () => Promise<{ drawQr(text: string): { size: number } }>

let browser: Browser
let directory: string
// Below those that systems give to whoever connects: they would be taken now and then.
let port = 21_100 + process.pid % 500
const open: (() => Promise<void> | void)[] = []

before(async () => {
  if (skip !== false) return
  directory = await mkdtemp(join(tmpdir(), 'authx-web-'))
  const sources = { entry: join(process.cwd(), 'phone/test/browser/page.ts'), style: join(process.cwd(), 'phone/test/browser/page.css') }
  for (const version of ['1.0.0', '2.0.0']) await build({ ...sources, out: join(directory, version), version })
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  })
}, { timeout: 120_000 })

after(async () => {
  for (const close of open.reverse()) await close()
  await browser?.close()
  if (directory !== undefined) await rm(directory, { recursive: true, force: true })
})

interface World {
  readonly stub: Stub
  readonly context: BrowserContext
  readonly page: Page
  readonly faults: string[]
  readonly missed: string[]
}

/** A phone with the app open. Whatever the policy refuses, or throws, is a fault. */
async function world(app = '1.0.0'): Promise<World> {
  const stub = new Stub(join(directory, app), port += 1)
  await stub.start()
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, permissions: ['notifications'] })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  open.push(() => stub.stop(), () => context.close())
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => { if (/Content Security|Trusted/i.test(message.text())) faults.push(message.text()) })
  const missed: string[] = []
  page.on('response', response => { if (response.status() >= 400) missed.push(response.url()) })
  if (app === 'app') await page.goto(stub.origin)
  else await load(page, stub.origin)
  return { stub, context, page, faults, missed }
}

async function load(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.waitForSelector('body[data-ready]', { state: 'attached' })
}

async function enrol({ page, stub }: World): Promise<string> {
  const id = await page.evaluate(async () => {
    const invitation = await phone.lookInvitation('axi_AAAAAAAAAAAAAAAAAAAAAAAA')
    const { activation } = await phone.prove('axi_AAAAAAAAAAAAAAAAAAAAAAAA', { kind: 'password', password: 'correct horse' })
    const enrolment = await phone.activate(activation, invitation.accounts[0]!)
    return { phone: enrolment.account.phone, words: enrolment.words, state: enrolment.account.state }
  })
  assert.deepEqual(id.words, stub.phones.get(id.phone)!.words, 'both sides show the same four words')
  assert.equal(id.state, 'pending')
  const confirmed = await page.evaluate(async phoneId => (await phone.confirm(phoneId)).state, id.phone)
  assert.equal(confirmed, 'active')
  return id.phone
}

async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}

function asked(id: string, more: Partial<Request> = {}) {
  return request(id, { asked_at: new Date().toISOString(), expires_at: new Date(Date.now() + 120_000).toISOString(), ...more })
}

/** A screen lock of the phone, in the browser's own stand-in; its user is there until a test says otherwise. */
async function screenLock({ page, context }: World): Promise<(isUserVerified: boolean) => Promise<unknown>> {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return isUserVerified => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
}

async function until(what: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while (!await what()) {
    assert.ok(Date.now() < end, `never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

test('enrolled, asked over the live stream, approved with the number', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, faults } = here
  const wrong = await page.evaluate(() =>
    phone.prove('axi_AAAAAAAAAAAAAAAAAAAAAAAA', { kind: 'password', password: 'guess' }).catch(thrown => [thrown.code, thrown.members.left]))
  assert.deepEqual(wrong, ['wrong_proof', 4])
  const id = await enrol(here)
  stub.ask(id, asked('log_1'))
  await page.waitForFunction(() => phone.requests.value.length === 1)
  await until(() => stub.receipts.length === 1)
  assert.deepEqual(stub.receipts, [{ by: 'live', requests: ['log_1'] }])
  const first = await page.evaluate(async () => (await phone.approve(phone.requests.value[0]!, '000000')).outcome)
  assert.equal(first, 'wrong_number')
  const second = await page.evaluate(async () => (await phone.approve(phone.requests.value[0]!, '482913')).outcome)
  assert.equal(second, 'approved')
  assert.equal(await page.evaluate(() => phone.requests.value.length), 0)
  stub.ask(id, asked('log_2'))
  await page.waitForFunction(() => phone.requests.value.length === 1)
  assert.equal(await page.evaluate(async () => (await phone.fraud(phone.requests.value[0]!)).outcome), 'fraud')
  await page.evaluate(() => phone.loadHistory())
  assert.deepEqual(await page.evaluate(() => phone.history.value.map(entry => entry.outcome)), ['fraud', 'approved'])
  assert.deepEqual(faults, [])
})

test('keys stay in the phone, and codes need no server', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, faults } = here
  const id = await enrol(here)
  await ready(page)
  const stolen = await page.evaluate(async () => {
    const open = indexedDB.open('authx')
    await new Promise(resolve => { open.onsuccess = resolve })
    const all = open.result.transaction('accounts').objectStore('accounts').getAll()
    await new Promise(resolve => { all.onsuccess = resolve })
    const [{ keys, totp }] = all.result as any[]
    const secret = [keys.answer.privateKey, keys.device.privateKey, keys.box.privateKey, totp.key] as CryptoKey[]
    const tries = secret.flatMap(key => (['jwk', 'raw', 'pkcs8'] as const).map(format =>
      crypto.subtle.exportKey(format as 'raw', key).then(() => 'EXPORTED', () => 'refused')))
    return [...new Set(await Promise.all(tries)), JSON.stringify(all.result).includes('"d"')]
  })
  assert.deepEqual(stolen, ['refused', false])
  stub.stop()
  await load(page, stub.origin)
  await page.waitForFunction(() => phone.codes.value.size === 1)
  const { code, next, now } = await page.evaluate(() => ({ ...[...phone.codes.value.values()][0]!, now: phone.clock.value }))
  assert.deepEqual([code, next], [stub.code(id, now), stub.code(id, now + 30_000)])
  await until(async () => await page.evaluate(() => phone.live.value) === 'waiting')
  const trouble = await page.evaluate(() => phone.checkNow().catch(thrown => thrown.code))
  assert.equal(trouble, 'unreachable')
  await stub.start()
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.waitForFunction(() => phone.live.value === 'open')
  assert.deepEqual(faults, [])
})

test('the app itself begins under the policy, with every file that it names', { skip, timeout: 60_000 }, async () => {
  const built = await build({ out: join(directory, 'app') })
  const here = await world('app')
  const { page, stub, faults, missed } = here
  await ready(page)
  assert.equal(await page.locator('h1').count(), 1)
  assert.deepEqual([faults, missed], [[], []])
  stub.stop()
  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys()
    return (await (await caches.open(name!)).keys()).map(request => new URL(request.url).pathname)
  })
  const files = [...built.files.keys()].filter(path => path.startsWith('assets/')).map(path => `/${path}`)
  assert.deepEqual(kept.sort(), ['/', ...files].sort(), 'late files too')
  await page.goto(stub.origin)
  await page.waitForSelector('h1')
  assert.deepEqual(faults, [])
})

test('a new version comes under an open page, whose late files still load', { skip, timeout: 90_000 }, async () => {
  const here = await world()
  const { page, stub, faults } = here
  await enrol(here)
  await ready(page)
  stub.dist = join(directory, '2.0.0')
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
  await page.waitForFunction(() => phone.update.value.state === 'ready')
  assert.equal(await page.evaluate(() => phone.update.value.version), '1.0.0')
  // The server no longer has this file.
  assert.ok(await page.evaluate(async () => (await late()).drawQr('axe_test').size) > 20)
  await load(page, stub.origin)
  assert.deepEqual(await page.evaluate(() => [phone.update.value.version, phone.accounts.value.length]), ['2.0.0', 1])
  stub.stop()
  await load(page, stub.origin)
  assert.equal(await page.evaluate(() => phone.update.value.version), '2.0.0', 'offline too')
  assert.deepEqual(faults, [])
})

test('a broken deployment does not take the app away', { skip, timeout: 90_000 }, async () => {
  const { page, stub } = await world()
  await ready(page)
  stub.dist = join(directory, '2.0.0')
  const page2 = await (await fetch(`${stub.origin}/`)).text()
  stub.missing.add(/src="(\/assets\/app-[^"]+)"/.exec(page2)![1]!)
  const failed = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const found = new Promise<string>(resolve => registration.addEventListener('updatefound', () => {
      const worker = registration.installing!
      worker.addEventListener('statechange', () => resolve(worker.state))
    }))
    await registration.update()
    return found
  })
  assert.equal(failed, 'redundant')
  await load(page, stub.origin)
  assert.equal(await page.evaluate(() => phone.update.value.version), '1.0.0', 'not half of the new one')
  stub.stop()
  await load(page, stub.origin)
  assert.equal(await page.evaluate(() => phone.update.value.version), '1.0.0')
})

test('426 loads the new version, but not under somebody\'s fingers', { skip, timeout: 90_000 }, async () => {
  const here = await world()
  const { page, stub } = here
  await enrol(here)
  await ready(page)
  stub.dist = join(directory, '2.0.0')
  stub.tooOld = true
  await page.evaluate(() => {
    Object.assign(globalThis, { letGo: phone.holdUpdate() })
    return phone.checkNow().catch(() => {})
  })
  await page.waitForFunction(() => phone.update.value.state === 'needed')
  await page.waitForTimeout(500)
  assert.equal(await page.evaluate(() => phone.update.value.version), '1.0.0')
  stub.tooOld = false
  await page.evaluate(() => (globalThis as any).letGo())
  await page.waitForFunction(() => (globalThis as any).phone?.update.value.version === '2.0.0')
})

test('the worker shows a notice and tells that the request arrived', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, context } = here
  const id = await enrol(here)
  await ready(page)
  const cdp = await context.newCDPSession(page)
  const registration = new Promise<string>(resolve => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    if (registrations[0] !== undefined) resolve(registrations[0].registrationId)
  }))
  await cdp.send('ServiceWorker.enable')
  const registrationId = await registration
  // Not told over the page's stream.
  stub.phones.get(id)!.requests.push(asked('log_9'))
  const data = JSON.stringify({ web_push: 8030, notification: { title: 'Sign-in waiting', body: 'Open AuthX to answer', navigate: '/#requests', tag: 'authx-request' } })
  await cdp.send('ServiceWorker.deliverPushMessage', { origin: stub.origin, registrationId, data })
  await until(() => stub.receipts.some(receipt => receipt.by === 'push'))
  const shown = () => page.evaluate(async () =>
    (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, tag }) => [title, body, tag]))
  await until(async () => (await shown())[0]?.[0] === 'Sign-in waiting: Berlin VPN')
  assert.deepEqual(await shown(), [['Sign-in waiting: Berlin VPN', 'Open AuthX to answer', 'authx-request']])
  stub.phones.get(id)!.requests.length = 0
  await cdp.send('ServiceWorker.deliverPushMessage', { origin: stub.origin, registrationId, data: '' })
  await until(async () => (await shown())[0]?.[1] === 'It was answered or is over')
})

test('notices that cannot be had are no wait without end', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, context } = here
  await enrol(here)
  await ready(page)
  assert.equal(await page.evaluate(() => phone.notices.value.state), 'off')
  // Here the browser refuses at once; without a network it would never answer.
  const failed = await page.evaluate(() => phone.enableNotifications().catch(thrown => thrown.code))
  assert.equal(failed, 'notices_unanswered')
  assert.equal(await page.evaluate(() => phone.notices.value.state), 'unanswered')
  await context.clearPermissions()
  await load(page, stub.origin)
  assert.equal(await page.evaluate(() => phone.enableNotifications().catch(thrown => thrown.code)), 'notices_refused')
})

test('the lock hides codes, and an approval carries the user\'s verification', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, context, faults } = here
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  assert.equal(await page.evaluate(() => phone.registerLock().catch(thrown => thrown.code)), 'no_screen_lock')
  await cdp.detach()
  const verify = await screenLock(here)
  stub.appLock = 'required'
  const id = await enrol(here)
  assert.equal(await page.evaluate(() => phone.codes.value.size), 0, 'a tenant demands the lock')
  assert.deepEqual(await page.evaluate(() => [phone.lock.value.on, phone.lock.value.missing.length, phone.lock.value.requiredBy]), [false, 1, ['Example Corp']])
  await page.evaluate(() => phone.registerLock())
  assert.deepEqual([stub.credentials.length, stub.credentials[0]!['phone']], [1, id])
  await page.waitForFunction(() => phone.codes.value.size === 1)
  await page.evaluate(() => phone.lockNow())
  await page.waitForFunction(() => phone.lock.value.locked && phone.codes.value.size === 0)
  await verify(false)
  assert.equal(await page.evaluate(() => phone.unlock().catch(thrown => thrown.code)), 'not_verified')
  assert.equal(await page.evaluate(() => phone.startMove().catch(thrown => thrown.code)), 'not_verified', 'no account moves away')
  stub.ask(id, asked('log_1', { user_verification: true }))
  await page.waitForFunction(() => phone.requests.value.length === 1)
  const refused = await page.evaluate(() => phone.approve(phone.requests.value[0]!, '482913').catch(thrown => thrown.code))
  assert.deepEqual([refused, stub.statements], ['not_verified', []])
  await verify(true)
  assert.equal(await page.evaluate(async () => (await phone.approve(phone.requests.value[0]!, '482913')).outcome), 'approved')
  assert.equal(stub.assertions.length, 1, 'over this very statement')
  await page.waitForFunction(() => phone.codes.value.size === 1)
  assert.deepEqual(faults, [])
})

test('the digits of a caller\'s check wait for the lock, and to end one needs none', { skip, timeout: 60_000 }, async () => {
  const here = await world()
  const { page, stub, faults } = here
  const verify = await screenLock(here)
  const id = await enrol(here)
  await page.evaluate(() => phone.registerLock())
  const check = (name: string) => ({ id: name, agent: 'Dora Desk', asked_at: new Date().toISOString(), expires_at: new Date(Date.now() + 300_000).toISOString() })
  const digits = () => page.evaluate(() => phone.callerDigits(phone.callerChecks.value[0]!).then(
    ({ agent_reads, caller_reads }) => [agent_reads, caller_reads], thrown => thrown.code))
  stub.checkCaller(id, check('cal_1'))
  await page.waitForFunction(() => phone.callerChecks.value.length === 1)
  assert.deepEqual(await page.evaluate(() => [phone.callerChecks.value[0]!.agent, phone.requests.value.length]), ['Dora Desk', 0])
  await page.evaluate(() => phone.lockNow())
  await page.waitForFunction(() => phone.lock.value.locked)
  await verify(false)
  assert.equal(await digits(), 'not_verified')
  await verify(true)
  assert.deepEqual(await digits(), ['407', '829'])
  // The policy changed, and the app has not heard of it.
  const known = stub.phones.get(id)!
  known.account = { ...known.account, policy: { ...known.account.policy, user_verification: 'required' } }
  await page.evaluate(() => phone.registerLock())
  assert.equal(await digits(), 'lock_missing', 'the lock of the app itself is none of this account')
  await page.evaluate(() => phone.checkNow())
  await page.evaluate(() => phone.registerLock())
  assert.deepEqual(await digits(), ['407', '829'])
  assert.equal(stub.assertions.length, 1, 'over this very check')

  await page.evaluate(() => phone.lockNow())
  await verify(false)
  stub.checkCaller(id, check('cal_2'))
  await page.waitForFunction(() => phone.callerChecks.value[0]?.id === 'cal_2')
  await page.evaluate(() => phone.denyCaller(phone.callerChecks.value[0]!))
  assert.deepEqual([stub.denied, await page.evaluate(() => phone.callerChecks.value.length)], [['cal_2'], 0])
  // It ended elsewhere in the meantime.
  stub.checkCaller(id, check('cal_3'))
  await page.waitForFunction(() => phone.callerChecks.value[0]?.id === 'cal_3')
  known.check = undefined
  await page.evaluate(() => phone.denyCaller(phone.callerChecks.value[0]!))
  assert.deepEqual([stub.denied.length, await page.evaluate(() => phone.callerChecks.value.length)], [1, 0])
  assert.deepEqual(faults, [])
})
