// Every sample of the portal, of parts and of pages in states that no link leads to, in light and dark,
// narrow and wide: axe finds nothing, nothing scrolls sideways or is cut, one button is blue, a toast lies
// over nothing, paper has what it is for. Pictures: target/test/shots/portal.
//
//     cargo test -p authx --lib gallery; cargo test -p authx --test portal samples
//     node --test portal/test/screens/

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { launch } from '../../../phone/test/screens/browser.mjs'
import { samples, serve, shots } from './site.mjs'

const names = existsSync(samples) ? readdirSync(samples).filter(file => file.endsWith('.html')) : []
const missing = !existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium') ? 'no Chromium here'
  : names.length === 0 ? 'no samples: cargo test -p authx --lib gallery' : false

/** With VIEWS=390,320 or ONLY=state-import only those. */
const wanted = process.env.VIEWS?.split(',')
const views = [1280, 390, 320].filter(width => wanted?.includes(String(width)) ?? true).flatMap(width => [[width, 'light'], [width, 'dark']])

describe('samples of the portal', { skip: missing }, () => {
  let server, browser
  before(async () => {
    await mkdir(shots, { recursive: true })
    server = await serve()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    server?.close()
  })
  for (const name of names.filter(name => name.startsWith(process.env.ONLY ?? ''))) it(name, () => holds(browser, server.origin, name))
})

async function holds(browser, origin, name) {
  const context = await browser.newContext({ reducedMotion: 'reduce', deviceScaleFactor: 1 })
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()) })
  for (const [width, colorScheme] of views) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 800 })
    await page.goto(`${origin}/${name}`)
    await page.evaluate(() => document.fonts.ready)
    const view = `${width} ${colorScheme}`
    await page.screenshot({ path: join(shots, `${name.replace('.html', '')}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png`), fullPage: true })
    const found = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`), [], `axe, ${view}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `${view}: scrolls sideways by ${wide} px`)
    assert.deepEqual(await page.evaluate(cutOff), [], `${view}: text outside the page`)
    assert.deepEqual(await page.evaluate(vanished), [], `${view}: a card that nobody sees`)
    assert.deepEqual(await page.evaluate(covered), [], `${view}: a toast lies over the page`)
    const blue = await page.locator('.btn.main:visible:not(.bad)').count()
    assert.ok(blue <= 1, `${view}: ${blue} main buttons`)
  }
  if (await page.locator('.paper').count() > 0) await onPaper(page, name)
  assert.match(await page.title(), /^.+ · AuthX$/)
  assert.deepEqual(errors, [], 'errors in the page')
  await context.close()
}

/** What is printed has the secret, and nothing to press. */
async function onPaper(page, name) {
  await page.emulateMedia({ media: 'print' })
  await page.screenshot({ path: join(shots, `${name.replace('.html', '')}-paper.png`), fullPage: true })
  assert.equal(await page.locator('.once code:visible').count(), 1)
  assert.equal(await page.locator(':is(.btn, nav, .once .badge):visible').count(), 0)
}

/** Runs in the page: toasts that hide something of what it is about. */
function covered() {
  const main = document.querySelector('main').getBoundingClientRect()
  const over = ({ left, right, top, bottom }) => left < main.right && right > main.left && top < main.bottom && bottom > main.top
  return [...document.querySelectorAll('.toast')].filter(toast => over(toast.getBoundingClientRect())).map(toast => toast.textContent)
}

/** Runs in the page: cards that are there and too small to be read, or clipped away. */
function vanished() {
  const gone = card => card.getBoundingClientRect().width < 100 || getComputedStyle(card).clipPath !== 'none'
  return [...document.querySelectorAll('main .card')].filter(card => card.checkVisibility() && gone(card)).map(card => card.className)
}

/** Runs in the page: words that reach over its edge. What scrolls in itself may. */
function cutOff() {
  const width = document.documentElement.clientWidth
  return [...document.querySelectorAll('main *, header *, footer *')]
    .filter(element => element.childElementCount === 0 && element.checkVisibility() && element.closest('.sr, .skip, thead, .tabs, .listing') === null)
    .filter(element => { const { left, right, width: own } = element.getBoundingClientRect(); return own > 0 && (left < -1 || right > width + 1) })
    .map(element => element.outerHTML.slice(0, 80))
}
