// A person with the app: from the invitation to an approval, by what stands on the screen alone.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from '../../../build/build.mjs'
import { request } from '../support.ts'
import { Stub } from './stub.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}`
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36'

let browser: Browser
let directory: string
let stub: Stub

before(async () => {
  if (skip !== false) return
  directory = await mkdtemp(join(tmpdir(), 'authx-story-'))
  await build({ out: directory, version: '1.0.0' })
  stub = new Stub(directory, 22_100 + process.pid % 500)
  await stub.start()
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
}, { timeout: 120_000 })

after(async () => {
  await browser?.close()
  stub?.stop()
  if (directory !== undefined) await rm(directory, { recursive: true, force: true })
})

function asked(id: string) {
  const now = Date.now()
  return request(id, { asked_at: new Date(now).toISOString(), expires_at: new Date(now + 120_000).toISOString() })
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()
const reads = (page: Page, heading: string | RegExp) => page.getByRole('heading', { level: 1, name: heading }).waitFor()

test('from the invitation to an approval', { skip, timeout: 120_000 }, async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, userAgent: ANDROID })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => { if (/Content Security|Trusted/i.test(message.text())) faults.push(message.text()) })
  await page.goto(`${stub.origin}/#axi_AAAAAAAAAAAAAAAAAAAAAAAA`)
  await reads(page, /^Add .+ to this phone$/)
  assert.equal(stub.phones.size, 0, 'looking spends nothing')
  await press(page, 'Start')
  await page.getByLabel('Password', { exact: true }).fill('guess')
  await press(page, 'Continue')
  await page.getByText('Wrong password. Four tries left.').waitFor()
  await page.getByLabel('Password', { exact: true }).fill('correct horse')
  await press(page, 'Continue')
  await page.getByLabel('Name', { exact: true }).fill('Anna’s phone')
  await press(page, 'Continue')
  await reads(page, 'Do both screens show these four words?')
  const [id, known] = [...stub.phones][0] ?? assert.fail('no phone')
  assert.equal(known.account.name, 'Anna’s phone')
  assert.deepEqual(await page.locator('.words li').allTextContents(), known.words)

  await page.reload()
  await reads(page, 'Do both screens show these four words?')
  await page.goto(`${stub.origin}/#codes`)
  await page.getByRole('link', { name: /compare the four words/ }).click()
  await reads(page, 'Do both screens show these four words?')
  assert.deepEqual(await page.locator('.words li').allTextContents(), known.words, 'an interrupted enrolment goes on')
  await press(page, 'All four are the same')
  for (let later = 0; later < 2; later += 1) {
    await page.waitForTimeout(300)
    if (await page.getByRole('button', { name: 'Later' }).isVisible()) await press(page, 'Later')
  }
  await reads(page, 'This phone is ready')
  await press(page, 'Show codes')
  await page.locator('.digits').waitFor()
  const code = (await page.locator('.digits').first().textContent())?.replace(' ', '') ?? ''
  assert.ok(stub.isCode(id, code), code)

  stub.ask(id, asked('log_1'))
  await reads(page, /^Sign in to .+\?$/)
  assert.ok(await page.getByRole('button', { name: /^Approve sign-in/ }).isDisabled(), 'dead until six digits stand there')
  await page.waitForTimeout(600)
  for (const digit of '000000') await press(page, new RegExp(`^${digit}$`))
  await press(page, /^Approve sign-in/)
  await page.getByText('Not the number at the prompt. One try left.').waitFor()
  await page.waitForFunction(() => (document.querySelector('#match') as HTMLInputElement).value === '')
  await page.locator('#match').pressSequentially('482 913')
  await press(page, /^Approve sign-in/)
  await reads(page, 'Approved')
  await press(page, 'Done')
  await reads(page, 'Codes')

  stub.ask(id, asked('log_2'))
  await reads(page, /^Sign in to .+\?$/)
  await page.waitForTimeout(600)
  await press(page, 'Not me')
  await press(page, 'Not me: stop and report it')
  await reads(page, 'Stopped and reported')
  await press(page, 'Done')
  await page.getByRole('link', { name: 'History' }).click()
  await page.getByText(/^Not me, reported/).waitFor()

  const check = { id: 'cal_1', agent: 'Dora Desk', asked_at: new Date().toISOString(), expires_at: new Date(Date.now() + 300_000).toISOString() }
  const plates = () => page.locator('.plate > [aria-hidden]').allTextContents()
  stub.checkCaller(id, check)
  await page.getByRole('heading', { name: 'Dora Desk checks that it is you' }).waitFor()
  assert.deepEqual(await plates(), [], 'nothing before it is asked for')
  await press(page, 'Show the digits')
  await page.getByText('Then read this to them:').waitFor()
  assert.deepEqual(await plates(), ['407', '829'], 'first what has to be heard')
  stub.checkCaller(id)
  await page.getByText('The help desk’s check is over.').waitFor()
  assert.deepEqual(await plates(), [])
  stub.checkCaller(id, { ...check, id: 'cal_2' })
  await press(page, 'I am not on the telephone')
  await page.getByText('Ended. The help desk sees that it was not you.').waitFor()
  assert.deepEqual([stub.denied, await page.getByRole('heading', { name: /checks that it is you/ }).count()], [['cal_2'], 0])
  await page.getByText('Approved by push').waitFor()
  assert.deepEqual(faults, [])
})
