// Every sample of the portal's parts in light and dark, narrow and wide: axe finds nothing, nothing
// scrolls sideways or is cut, one button is blue. Pictures: target/test/shots/portal.
//
//     cargo test -p authx --lib gallery && node --test portal/test/screens/

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

const views = [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark'], [320, 'light'], [320, 'dark']]

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
  for (const name of names) it(name, () => holds(browser, server.origin, name))
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
    const blue = await page.locator('.btn.main:visible:not(.bad)').count()
    assert.ok(blue <= 1, `${view}: ${blue} main buttons`)
  }
  assert.match(await page.title(), /^.+ · AuthX$/)
  assert.deepEqual(errors, [], 'errors in the page')
  await context.close()
}

/** Runs in the page: words that reach over its edge. */
function cutOff() {
  const width = document.documentElement.clientWidth
  return [...document.querySelectorAll('main *, header *, footer *')]
    .filter(element => element.childElementCount === 0 && element.checkVisibility() && element.closest('.sr, .skip, thead, .tabs') === null)
    .filter(element => { const { left, right, width: own } = element.getBoundingClientRect(); return own > 0 && (left < -1 || right > width + 1) })
    .map(element => element.outerHTML.slice(0, 80))
}
