// One browser, told what to do in lines of JSON (see lines.mjs). Every command that fails leaves a
// picture of the page.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { launch as chromium } from './chromium.mjs'
import { launch as firefox } from './firefox.mjs'
import { Journal } from './journal.mjs'
import { Failure, serve } from './lines.mjs'

const engines = { chromium, firefox }
const journal = new Journal()
/** @type {any} */
let browser
/** How it was launched, to be launched again so. @type {any} */
let way
let failures = 0

async function start() {
  browser = await engines[/** @type {'chromium' | 'firefox'} */ (way.browser)](way, journal)
}

async function stop() {
  const ending = browser
  browser = undefined
  await ending?.close()
}

/** @param {string} command @param {any} wish */
async function act(command, wish) {
  if (!browser) throw new Error('the browser is not running')
  const { target } = wish
  if (target && target.tab === undefined) target.tab = wish.tab ?? 'main'
  if (typeof browser[command] !== 'function') throw new Error(`${way.browser} has no command ${command}`)
  try {
    return await browser[command](wish)
  } catch (error) {
    throw await told(command, wish, error)
  }
}

/** @param {string} command @param {any} wish @param {unknown} error */
async function told(command, wish, error) {
  const tab = wish.target?.tab ?? wish.tab ?? 'main'
  const picture = path.join(way.traces, `failure-${++failures}.png`)
  mkdirSync(way.traces, { recursive: true })
  const page = browser?.tabs.get(tab)
  const taken = await Promise.resolve(browser?.screenshot({ tab, path: picture })).then(() => !!page, () => false)
  const text = await Promise.resolve(page?.evaluate('document.body.innerText')).catch(() => undefined)
  const lines = [
    `${command} ${JSON.stringify(wish)}: ${error instanceof Error ? error.message : error}`,
    `at ${page?.url?.() ?? 'no page'}`,
    ...(text ? ['the page says:', String(text).slice(0, 2_000)] : []),
    ...journal.console.slice(-15).map(({ type, text }) => `console ${type}: ${text}`),
  ]
  return new Failure(lines.join('\n'), taken ? { screenshot: picture } : {})
}

const own = {
  async launch(/** @type {any} */ wish) {
    way = wish
    await start()
  },
  start, stop,
  async restart() {
    await stop()
    await start()
  },
  /** Leaves what helps to understand a test that failed. */
  async traces() {
    mkdirSync(way.traces, { recursive: true })
    for (const tab of browser?.tabs.keys() ?? [])
      await browser.screenshot({ tab, path: path.join(way.traces, `end-${tab}.png`) }).catch(() => {})
    writeFileSync(path.join(way.traces, 'journal.json'), JSON.stringify(journal, null, 1))
  },
  console: () => journal.console,
  complaints: () => journal.complaints(),
  network: () => journal.network,
  /** How many forms were sent. */
  posts: () => journal.network.filter(({ method }) => method === 'POST').length,
}

serve(new Proxy(own, {
  get: (known, command) => Reflect.get(known, command) ?? ((/** @type {any} */ wish) => act(String(command), wish)),
}), stop)
