// What the pages can do beyond HTML, in a real browser.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { launch } from '../../../phone/test/screens/browser.mjs'
import { samples, serve } from './site.mjs'

const missing = existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium') && existsSync(samples) ? false : 'no Chromium, or no samples'

describe('what pages do', { skip: missing }, () => {
  let server, browser, context, page, sent
  before(async () => { browser = await launch() })
  after(() => browser?.close())

  async function open(name, view = { width: 1280, height: 900 }, javaScriptEnabled = true) {
    sent = []
    server = await serve((path, fields) => { sent.push([path, fields]); return new Promise(resolve => setTimeout(resolve, 300)) })
    context = await browser.newContext({ viewport: view, javaScriptEnabled, permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    page.setDefaultTimeout(5_000)
    await page.goto(`${server.origin}/${name}.html`)
    return page
  }
  // Also after a test that fails: an open server would keep this process for ever.
  afterEach(async () => {
    await context.close()
    server.close()
  })
  const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim())

  it('copies, and says so', async () => {
    await open('components')
    await page.getByRole('button', { name: 'Copy Application ID' }).click()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'app_7Q2MKX4D9R3TVW')
    await page.getByRole('button', { name: 'Copied Application ID' }).waitFor()
    await page.locator('#live', { hasText: 'Application ID copied' }).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Copy Application ID' }).waitFor()
  })

  it('saves a key that is seen once as a file', async () => {
    await open('components')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as application.key' }).click()])
    assert.equal(download.suggestedFilename(), 'application.key')
    await page.getByText(/Visible for 9:5\d/).waitFor()
  })

  it('puts focus on the first bad field', async () => {
    await open('components')
    assert.equal(await focused(), 'network')
  })

  it('asks before what cannot be undone, and Escape keeps it', async () => {
    await open('components')
    await page.getByRole('link', { name: /^Delete/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete Lab VPN?' })
    await dialog.waitFor()
    assert.equal(await focused(), 'delete-t')
    assert.ok(await dialog.getByRole('button', { name: 'Delete Lab VPN' }).isDisabled())
    await dialog.getByLabel('Type Lab VPN to go on').fill('Lab VPN')
    assert.ok(await dialog.getByRole('button', { name: 'Delete Lab VPN' }).isEnabled())
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    assert.match(await focused(), /^Delete/)
  })

  it('sends a form once, however often it is pressed', async () => {
    await open('list')
    await page.evaluate(() => {
      const undo = [...document.querySelectorAll('button')].find(button => button.textContent === 'Undo')
      undo.click()
      undo.click()
      undo.click()
    })
    await page.waitForURL('**/alone.html')
    assert.deepEqual(sent.map(([path]) => path), ['/users/7/restore'])
  })

  it('closes the menu as menus close', async () => {
    await open('list', { width: 390, height: 800 })
    const menu = page.locator('details.menu')
    await page.getByText('Menu', { exact: true }).locator('..').click()
    await menu.getByRole('link', { name: 'Logins' }).waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await menu.evaluate(element => element.open), false)
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY')
  })

  it('filters without a new page, and the address follows', async () => {
    await open('list')
    await page.route('**/users?*', route => route.fulfill({ path: `${samples}/list-one.html`, contentType: 'text/html' }))
    await page.getByRole('searchbox', { name: 'Search users' }).fill('alice')
    await page.waitForURL('**/users?*q=alice*')
    await page.locator('#list').getByText('1 of 100,000').waitFor()
    assert.equal(await page.getByRole('searchbox').inputValue(), 'alice')
    await page.locator('#live', { hasText: '1 of 100,000' }).waitFor({ state: 'attached' })
    assert.equal(await page.locator('#filters-set').textContent(), '', 'says how many filters the answer has')
  })

  it('folds many filters away where there is little room, also without script', async () => {
    await open('list', { width: 390, height: 800 }, false)
    const [search, state, filters] = [page.getByRole('searchbox'), page.getByLabel('State'), page.locator('summary', { hasText: 'Filters: 1 set' })]
    assert.ok(await search.isVisible())
    assert.equal(await state.isVisible(), false)
    await search.focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await state.waitFor()
    await page.keyboard.press('Tab')
    assert.ok(await state.evaluate(element => element === document.activeElement), 'what opens comes next')
    await filters.click()
    await state.waitFor({ state: 'hidden' })
    await page.setViewportSize({ width: 1280, height: 900 })
    await state.waitFor()
    assert.equal(await filters.isVisible(), false)
  })

  it('signs in with a passkey', async () => {
    await open('components')
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true } })
    // Made as the server would have it.
    await page.evaluate(async () => {
      await navigator.credentials.create({ publicKey: { challenge: new Uint8Array(8), rp: { name: 'x', id: 'localhost' }, user: { id: new Uint8Array([1]), name: 'a', displayName: 'a' }, pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { residentKey: 'required', userVerification: 'required' } } })
    })
    await page.goto(`${server.origin}/alone.html`)
    // The browser of a test takes what the name field offers by itself, if it is quicker.
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click().catch(() => {})
    const deadline = Date.now() + 5_000
    while (sent.length === 0 && Date.now() < deadline) await page.waitForTimeout(50)
    const credential = JSON.parse(sent[0][1].get('credential'))
    assert.equal(sent[0][0], '/sign-in/passkey')
    assert.equal(credential.type, 'public-key')
    assert.equal(JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url')).challenge, 'AAAA')
  })

  it('says what to do when a passkey does not work', async () => {
    await open('alone')
    await page.evaluate(() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) })
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('alert').filter({ hasText: 'No passkey was used' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).getAttribute('aria-busy'), null)
  })
})
