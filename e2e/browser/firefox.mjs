// Debian's Firefox, driven by Puppeteer over WebDriver BiDi.
import { readFileSync } from 'node:fs'
import puppeteer from 'puppeteer-core'
import { until } from './lines.mjs'

/** @typedef {import('puppeteer-core').Page} Page @typedef {import('puppeteer-core').ElementHandle<Element>} Handle */

const FINDER = readFileSync(new URL('finder.js', import.meta.url), 'utf8').replace(/^\/\/.*\n;/, '').trim()

/** @param {any} wish @param {import('./journal.mjs').Journal} journal */
export async function launch(wish, journal) {
  const { profile, home, preferences, names, dark, width, height } = wish
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, userDataDir: profile,
    env: { ...process.env, HOME: home, DBUS_SESSION_BUS_ADDRESS: wish.bus },
    defaultViewport: { width, height },
    extraPrefsFirefox: {
      'network.dns.localDomains': names.join(','),
      'permissions.default.desktop-notification': 1,
      'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1,
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'intl.locale.requested': 'en-GB',
      ...preferences,
    },
  })
  const pages = await browser.pages()
  return new Firefox(browser, pages, journal)
}

class Firefox {
  /** @type {Map<string, Page>} */
  tabs = new Map()

  /** @param {import('puppeteer-core').Browser} browser @param {Page[]} pages @param {import('./journal.mjs').Journal} journal */
  constructor(browser, pages, journal) {
    this.browser = browser
    this.journal = journal
    this.known = new Set(pages)
  }

  /** @param {any} wish */
  page({ tab = 'main' } = {}) {
    const page = this.tabs.get(tab)
    if (!page || page.isClosed()) throw new Error(`no tab ${tab}`)
    return page
  }

  /** @param {string} tab @param {Page} page */
  #take(tab, page) {
    const { journal } = this
    this.known.add(page)
    this.tabs.set(tab, page)
    page.on('console', message => journal.said(message.type(), message.text(), message.location().url))
    page.on('pageerror', error => journal.failed(String(/** @type {any} */ (error)?.stack ?? error)))
    page.on('request', request => journal.asked(request.method(), request.url(), false))
    page.on('response', response => journal.answered(response.request().method(), response.url(), response.status(), response.fromServiceWorker()))
    page.on('requestfailed', request => journal.answered(request.method(), request.url(), 0, false))
  }

  /** All that fit, as handles. @param {any} target @returns {Promise<Handle[]>} */
  async #all(target) {
    const page = this.page(target)
    const { within, nth, ...words } = target
    const outer = within ? (await this.#all({ ...within, tab: target.tab }))[0] : undefined
    if (within && !outer) return []
    const list = await page.evaluateHandle(finder(words), outer)
    const handles = [...(await list.getProperties()).values()].map(one => one.asElement()).filter(one => one !== null)
    return /** @type {Handle[]} */ (nth === undefined ? handles : handles.slice(nth, nth + 1))
  }

  /** @param {any} target @param {number} patience */
  async #one(target, patience = PATIENCE) {
    return until(JSON.stringify(target), patience, async () => (await this.#all(target).catch(gone))?.[0])
  }

  /** @param {any} wish */
  async open({ tab = 'main', url }) {
    this.#take(tab, await this.browser.newPage())
    if (url) await this.goto({ tab, url })
  }

  /** @param {any} wish */
  async goto(wish) { await this.page(wish).goto(wish.url) }
  /** @param {any} wish */
  async reload(wish) { await this.page(wish).reload() }
  /** @param {any} wish */
  async back(wish) { await this.page(wish).goBack() }
  /** @param {any} wish */
  url(wish) { return this.page(wish).url() }
  /** @param {any} wish */
  async front(wish) { await this.page(wish).bringToFront() }
  /** @param {any} wish */
  async close_tab(wish) { await this.page(wish).close() }

  /** @param {any} wish */
  async click({ target }) {
    await until(`${JSON.stringify(target)} to be enabled`, PATIENCE, () => this.enabled({ target }))
    await (await this.#one(target)).click()
  }

  /** @param {any} wish */
  async fill({ target, value }) {
    const field = await this.#one(target)
    await field.focus()
    await field.evaluate(one => /** @type {HTMLInputElement} */ (one).select())
    await this.page(target).keyboard.type(value)
  }

  /** @param {any} wish */
  async press(wish) { await this.page(wish).keyboard.press(wish.key) }
  /** @param {any} wish */
  async keys(wish) { await this.page(wish).keyboard.type(wish.text) }
  /** @param {any} wish */
  async text({ target }) { return (await this.#one(target)).evaluate(one => /** @type {HTMLElement} */ (one).innerText) }

  /** @param {any} wish */
  async texts({ target }) {
    return Promise.all((await this.#all(target)).map(one => one.evaluate(one => /** @type {HTMLElement} */ (one).innerText)))
  }

  /** @param {any} wish */
  async attribute({ target, name }) { return (await this.#one(target)).evaluate((one, name) => one.getAttribute(name), name) }
  /** @param {any} wish */
  async count({ target }) { return (await this.#all(target)).length }

  /** @param {any} wish */
  async enabled({ target }) {
    return (await this.#one(target)).evaluate(one => !one.matches(':disabled, [aria-disabled=true]'))
  }

  /** @param {any} wish */
  async wait({ target, patience = PATIENCE }) { await this.#one(target, patience) }

  /** @param {any} wish */
  async wait_one_of({ targets, tab, patience = PATIENCE }) {
    await until(JSON.stringify(targets), patience, async () => {
      for (const target of targets) if (await this.count({ target: { ...target, tab } }).catch(() => 0)) return true
      return false
    })
  }

  /** @param {any} wish */
  async wait_gone({ target, patience = PATIENCE }) {
    await until(`${JSON.stringify(target)} to go`, patience, async () => (await this.#all(target).catch(gone))?.length === 0)
  }

  /** @param {any} wish */
  async wait_url({ tab, part, patience = PATIENCE }) {
    await until(`the address ${part}`, patience, () => this.page({ tab }).url().includes(part))
  }

  /** @param {any} wish */
  async evaluate(wish) {
    return this.page(wish).evaluate(`(async arg => { ${wish.script} })(${JSON.stringify(wish.arg ?? null)})`)
  }

  /** @param {any} wish */
  async screenshot(wish) { await this.page(wish).screenshot({ path: wish.path, fullPage: !!wish.full }) }

  /** Waits for a window that nobody here has opened, as a clicked notice does. @param {any} wish */
  async adopt({ tab = 'main', part, patience = PATIENCE }) {
    const page = await until(`a new window at ${part}`, patience, async () =>
      (await this.browser.pages()).find(page => !this.known.has(page) && page.url() !== 'about:blank' && page.url().includes(part)))
    this.#take(tab, page)
  }

  async close() { await this.browser.close() }
}

/** A function of the page, as Puppeteer takes it. @param {any} words */
function finder(words) {
  return /** @type {any} */ (new Function('within', `return (${FINDER})({ ...${JSON.stringify(words)}, within })`))
}

/** A page that is on its way elsewhere has nothing yet. @param {unknown} error */
function gone(error) {
  if (/context|navigat|detached|destroyed|no such|realm/i.test(String(error))) return undefined
  throw error
}

const PATIENCE = 60_000
