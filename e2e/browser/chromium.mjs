// Debian's Chromium, driven by Playwright. One profile directory is one phone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'
import { until } from './lines.mjs'

/** @typedef {import('playwright-core').Page} Page @typedef {import('playwright-core').Locator} Locator */
/** @typedef {import('playwright-core').CDPSession} CDPSession */

/** @param {any} wish @param {import('./journal.mjs').Journal} journal */
export async function launch(wish, journal) {
  const { profile, home, switches, names, camera, dark, mobile, width, height } = wish
  keepGrants(profile, wish.granted ??= [])
  const mapped = names.map((/** @type {string} */ name) => `MAP ${name} 127.0.0.1`).join(', ')
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    env: { ...process.env, HOME: home, DBUS_SESSION_BUS_ADDRESS: wish.bus },
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--host-resolver-rules=${mapped}`,
      '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`,
      ...switches,
    ],
    viewport: { width, height }, isMobile: mobile, hasTouch: mobile, deviceScaleFactor: 2,
    ...(mobile ? { userAgent: ANDROID } : {}),
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  await startedUp(context)
  return new Chromium(context, journal, wish.granted, wish.installed ??= {})
}

/**
 * Until a page that is seen was loaded and came to rest, or for three minutes, a Chromium that
 * starts puts off whatever is not urgent, and the store of its push client is such a thing. A page
 * under a test may be busy from its first moment on.
 * @param {import('playwright-core').BrowserContext} context
 */
async function startedUp(context) {
  const [first] = context.pages()
  await first?.goto('data:text/html,<title>Started</title>')
  await first?.waitForTimeout(AT_REST)
}

/**
 * What a driver grants is forgotten with the browser, and a browser that starts without the
 * permission gives its push subscriptions up. So it is written where a user's own choice is kept.
 * @param {string} profile @param {string[]} granted origins that may show notices
 */
function keepGrants(profile, granted) {
  const file = path.join(profile, 'Default/Preferences')
  mkdirSync(path.dirname(file), { recursive: true })
  let preferences
  try {
    preferences = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    preferences = {}
  }
  const exceptions = ((preferences.profile ??= {}).content_settings ??= {}).exceptions ??= {}
  exceptions.notifications = Object.fromEntries(granted.map(origin => [`${origin},*`, { setting: 1 }]))
  writeFileSync(file, JSON.stringify(preferences))
}

class Chromium {
  /** @type {Map<string, Page>} */
  tabs = new Map()
  /** Authenticators by their page: one belongs to a page, not to the browser. @type {Map<Page, { cdp: CDPSession, authenticatorId: string }>} */
  authenticators = new Map()

  /**
   * @param {import('playwright-core').BrowserContext} context @param {import('./journal.mjs').Journal} journal @param {string[]} granted
   * @param {{ manifestId?: string }} installed the profile's app
   */
  constructor(context, journal, granted, installed) {
    this.context = context
    this.granted = granted
    this.installed = installed
    this.journal = journal
    context.setDefaultTimeout(PATIENCE)
    // The first page stays: a browser ends with its last one.
    this.known = new Set(context.pages())
    context.on('console', message => journal.said(message.type(), message.text(), message.location().url))
    context.on('weberror', error => journal.failed(String(error.error().stack ?? error.error())))
    context.on('serviceworker', worker => worker.on('console', message => journal.said(message.type(), message.text(), worker.url())))
    context.on('request', request => journal.asked(request.method(), request.url(), !!request.serviceWorker()))
    context.on('response', response => journal.answered(response.request().method(), response.url(), response.status(), response.fromServiceWorker()))
    context.on('requestfailed', request => journal.answered(request.method(), request.url(), 0, false))
  }

  /** @param {any} wish */
  page({ tab = 'main' } = {}) {
    const page = this.tabs.get(tab)
    if (!page || page.isClosed()) throw new Error(`no tab ${tab}`)
    return page
  }

  /** @param {any} target @returns {Locator} */
  #find(target) {
    const { role, name, exact, label, text, css, nth, within } = target
    const page = this.page(target)
    const root = within ? this.#find({ ...within, tab: target.tab }) : page
    const found = role ? root.getByRole(role, name === undefined ? {} : { name, exact: !!exact })
      : label !== undefined ? root.getByLabel(label, { exact: !!exact })
      : text !== undefined ? root.getByText(text, { exact: !!exact })
      : root.locator(css)
    return nth === undefined ? found : found.nth(nth)
  }

  /** @param {any} wish */
  async open({ tab = 'main', url }) {
    const page = await this.context.newPage()
    this.known.add(page)
    this.tabs.set(tab, page)
    if (url) await page.goto(url)
  }

  /** @param {any} wish */
  async goto(wish) { await this.page(wish).goto(wish.url) }
  /** @param {any} wish */
  async reload(wish) { await this.page(wish).reload() }
  /** @param {any} wish */
  async back(wish) {
    // What must not be kept is not there any more: the browser says so in place of the page.
    await this.page(wish).goBack().catch(error => { if (!String(error).includes('ERR_CACHE_MISS')) throw error })
  }
  /** @param {any} wish */
  url(wish) { return this.page(wish).url() }
  /** @param {any} wish */
  async front(wish) { await this.page(wish).bringToFront() }
  /** @param {any} wish */
  async close_tab(wish) { await this.page(wish).close() }
  /** @param {any} wish */
  async click(wish) { await this.#find(wish.target).click() }
  /** @param {any} wish */
  async double_click(wish) { await this.#find(wish.target).dblclick({ noWaitAfter: true }) }
  /** Presses what sends a form, once or twice, and waits for the page that answers. @param {any} wish */
  async submit(wish) {
    const [button, loaded] = [this.#find(wish.target), this.page(wish).waitForEvent('load')]
    await Promise.all([loaded, wish.twice ? button.dblclick({ noWaitAfter: true }) : button.click({ noWaitAfter: true })])
  }
  /** @param {any} wish */
  async files(wish) {
    await this.#find(wish.target).setInputFiles({ name: wish.name, mimeType: 'text/csv', buffer: Buffer.from(wish.text) })
  }
  /** Touches what downloads a file, and keeps that; gives the name that it came by. @param {any} wish */
  async download(wish) {
    const [file] = await Promise.all([this.page(wish).waitForEvent('download'), this.#find(wish.target).click()])
    await file.saveAs(wish.path)
    return file.suggestedFilename()
  }

  /** @param {any} wish */
  async value(wish) { return this.#find(wish.target).inputValue() }
  /** @param {any} wish */
  async fill(wish) { await this.#find(wish.target).fill(wish.value) }
  /** @param {any} wish */
  async press(wish) { await this.page(wish).keyboard.press(wish.key) }
  /** @param {any} wish */
  async keys(wish) { await this.page(wish).keyboard.type(wish.text) }
  /** @param {any} wish */
  async text(wish) { return this.#find(wish.target).innerText() }
  /** @param {any} wish */
  async texts(wish) { return this.#find(wish.target).allInnerTexts() }
  /** @param {any} wish */
  async attribute(wish) { return this.#find(wish.target).getAttribute(wish.name) }
  /** @param {any} wish */
  async count(wish) { return this.#find(wish.target).filter({ visible: true }).count() }
  /** @param {any} wish */
  async enabled(wish) { return this.#find(wish.target).isEnabled() }
  /** @param {any} wish */
  async wait(wish) { await this.#find(wish.target).filter({ visible: true }).first().waitFor({ timeout: wish.patience ?? PATIENCE }) }

  /** @param {any} wish */
  async wait_one_of({ targets, tab, patience = PATIENCE }) {
    await until(JSON.stringify(targets), patience, async () => {
      for (const target of targets) if (await this.count({ target: { ...target, tab } }).catch(() => 0)) return true
      return false
    })
  }

  /** @param {any} wish */
  async wait_gone(wish) {
    const found = this.#find(wish.target).filter({ visible: true })
    await until(`${JSON.stringify(wish.target)} to go`, wish.patience ?? PATIENCE, async () => await found.count() === 0)
  }

  /** @param {any} wish */
  async wait_url(wish) {
    await this.page(wish).waitForURL(url => url.href.includes(wish.part), { timeout: wish.patience ?? PATIENCE, waitUntil: 'commit' })
  }

  /** @param {any} wish */
  async evaluate(wish) {
    // What a test writes is the body of an async function of `arg`.
    return this.page(wish).evaluate(`(async arg => { ${wish.script} })(${JSON.stringify(wish.arg ?? null)})`)
  }

  /** @param {any} wish */
  async screenshot(wish) {
    await this.page(wish).screenshot({ path: wish.path, fullPage: !!wish.full, animations: 'disabled', scale: wish.scale ?? 'device', timeout: PATIENCE })
  }

  /** Makes what is shown there the film of a camera. @param {any} wish */
  async film(wish) {
    const picture = await this.#find(wish.target).screenshot({ animations: 'disabled' })
    // On the page that stays: it has no policy.
    const [blank] = this.context.pages()
    const pixels = await blank.evaluate(grey, { picture: picture.toString('base64'), width: FILM.width, height: FILM.height })
    const luma = Buffer.from(pixels, 'base64')
    const colour = Buffer.alloc(luma.length / 2, 128)
    const header = `YUV4MPEG2 W${FILM.width} H${FILM.height} F30:1 Ip A1:1 C420jpeg\n`
    const frame = Buffer.from('FRAME\n')
    writeFileSync(wish.path, Buffer.concat([Buffer.from(header), frame, luma, colour, frame, luma, colour]))
  }

  /** The page as a screen reader meets it. @param {any} wish */
  async aria(wish) { return this.page(wish).locator('body').ariaSnapshot() }

  /** @param {any} wish */
  async axe(wish) {
    const { violations } = await new AxeBuilder({ page: this.page(wish) }).analyze()
    return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(node => node.html) }))
  }

  /** @param {any} wish */
  async media({ dark, reduced, width, height, tab }) {
    const page = this.page({ tab })
    await page.emulateMedia({
      ...(dark === undefined ? {} : { colorScheme: dark ? 'dark' : 'light' }),
      ...(reduced === undefined ? {} : { reducedMotion: reduced ? 'reduce' : 'no-preference' }),
    })
    if (width) await page.setViewportSize({ width, height: height ?? 844 })
    // A colour that is still on its way to another is judged by nobody.
    await page.evaluate(() => Promise.allSettled(
      document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished)))
  }

  /** @param {any} wish */
  async offline({ on }) { await this.context.setOffline(on) }

  /** @param {any} wish */
  async grant({ origin, permissions }) {
    await this.context.grantPermissions(permissions, { origin })
    if (permissions.includes('notifications')) this.granted.push(origin)
  }

  async clear_permissions() {
    await this.context.clearPermissions()
    this.granted.length = 0
  }

  /** A finger on this page's sensor, or none. @param {any} wish */
  async authenticator(wish) {
    const page = this.page(wish)
    const { verified = true, present = true, prf = true } = wish
    const known = this.authenticators.get(page)
    const cdp = known?.cdp ?? await this.context.newCDPSession(page)
    if (!known) await cdp.send('WebAuthn.enable', { enableUI: false })
    const kept = known ? await this.credentials(wish) : []
    // A sensor stays locked once it has met too many wrong fingers: another one takes its place.
    if (known) await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: known.authenticatorId })
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true,
        hasUserVerification: true, isUserVerified: verified, automaticPresenceSimulation: present, hasPrf: prf,
      },
    })
    this.authenticators.set(page, { cdp, authenticatorId })
    await this.add_credentials({ ...wish, credentials: kept })
  }

  /** From the next page on, the browser offers no passkey where a name is typed: only a button asks for one. */
  async without_offers() {
    await this.context.addInitScript(() => {
      if (typeof PublicKeyCredential !== 'undefined') PublicKeyCredential.isConditionalMediationAvailable = async () => false
    })
  }

  /** An empty page at that address, with no headers: what is done from there meets only the defence of the other side. @param {any} wish */
  async open_bare(wish) {
    await this.context.route(wish.url, route => route.fulfill({ contentType: 'text/html', body: '' }))
    await this.page(wish).goto(wish.url)
  }

  /** The authenticator's credentials, to be given to that of another page. @param {any} wish */
  async credentials(wish) {
    const { cdp, authenticatorId } = this.#authenticator(wish)
    return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  }

  /** @param {any} wish */
  async clear_credentials(wish) {
    const { cdp, authenticatorId } = this.#authenticator(wish)
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
  }

  /** @param {any} wish */
  async add_credentials(wish) {
    const { cdp, authenticatorId } = this.#authenticator(wish)
    for (const credential of wish.credentials) await cdp.send('WebAuthn.addCredential', { authenticatorId, credential })
  }

  /** @param {any} wish */
  #authenticator(wish) {
    const known = this.authenticators.get(this.page(wish))
    if (!known) throw new Error('this page has no authenticator')
    return known
  }

  /** What keeps the page from being installed. @param {any} wish */
  async installability(wish) {
    return this.#cdp(wish, async cdp => (await cdp.send('Page.getInstallabilityErrors')).installabilityErrors.map(error => error.errorId))
  }

  /** Installs the page's app. @param {any} wish */
  async install(wish) {
    await this.#cdp(wish, async cdp => {
      const manifestId = (await cdp.send('Page.getAppId')).appId ?? ''
      await cdp.send('PWA.install', { manifestId, installUrlOrBundleUrl: this.page(wish).url() })
      await cdp.send('PWA.changeAppUserSettings', { manifestId, displayMode: 'standalone' })
      this.installed.manifestId = manifestId
    })
  }

  /** Opens the installed app in a window of its own. @param {any} wish */
  async launch_app({ tab = 'main' }) {
    // From any page: the blank one that stays.
    const cdp = await this.context.newCDPSession(this.context.pages()[0])
    await cdp.send('PWA.launch', { manifestId: this.installed.manifestId ?? '' })
    await cdp.detach()
    await this.adopt({ tab, part: '' })
  }

  /** Waits for a window that nobody here has opened, as a clicked notice does. @param {any} wish */
  async adopt({ tab = 'main', part, patience = PATIENCE }) {
    const page = await until(`a new window at ${part}`, patience, () =>
      this.context.pages().find(page => !this.known.has(page) && page.url() !== 'about:blank' && page.url().includes(part)))
    this.known.add(page)
    this.tabs.set(tab, page)
    await page.waitForLoadState()
  }

  /** @param {any} wish @param {(cdp: CDPSession) => Promise<any>} act */
  async #cdp(wish, act) {
    const cdp = await this.context.newCDPSession(this.page(wish))
    try {
      return await act(cdp)
    } finally {
      await cdp.detach()
    }
  }

  async close() { await this.context.close() }
}

/** The brightness of a picture's points, on white. @param {{ picture: string, width: number, height: number }} wish */
async function grey({ picture, width, height }) {
  const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0))
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d'))
  context.fillStyle = 'white'
  context.fillRect(0, 0, width, height)
  const scale = Math.min(width / image.width, height / image.height) * 0.9
  const [w, h] = [image.width * scale, image.height * scale]
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h)
  const { data } = context.getImageData(0, 0, width, height)
  let text = ''
  for (let at = 0; at < data.length; at += 4)
    text += String.fromCharCode(Math.round(16 + (0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]) * 219 / 255))
  return btoa(text)
}

const FILM = { width: 640, height: 480 }
const PATIENCE = 60_000
/** Twice what Chromium takes a page for idle after. */
const AT_REST = 2_000
const ANDROID = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36'
