// Every screen in every state under the app's own policy: axe finds nothing, nothing scrolls
// sideways, every focus can be seen, and no secret stands in a title or an address.
//
//     node --test phone/test/screens/       with CHROMIUM=/path/to/chromium if it is elsewhere

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { buildMock } from '../../dev/build.mjs'
import { launch, look, open, serve, show, views } from './browser.mjs'
import { scenes } from './scenes.mjs'

const missing = existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium') ? false : 'no Chromium here'
/** With VIEWS=390,320 or ONLY=request only those. */
const wanted = (process.env.VIEWS ?? Object.keys(views).join()).split(',')

describe('screens', { skip: missing }, () => {
  let built, server, browser
  before(async () => {
    built = await mkdtemp(join(tmpdir(), 'authx-phone-'))
    await buildMock(built)
    server = await serve(built)
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    server?.close()
    await rm(built, { recursive: true, force: true })
  })

  for (const desk of [false, true]) {
    describe(desk ? 'on a computer' : 'on a phone', () => {
      let window
      before(async () => { window = await open(browser, { desk }) })
      after(() => window.context.close())
      for (const [name, scene] of Object.entries(scenes)) {
        if ((scene.desk ?? false) === desk && new RegExp(process.env.ONLY ?? '').test(name)) it(name, () => holds(window.page, server.origin, scene))
      }
    })
  }
})

async function holds(page, origin, scene) {
  const errors = []
  const failed = error => errors.push(String(error))
  const said = message => { if (message.type() === 'error') errors.push(message.text()) }
  page.on('pageerror', failed)
  page.on('console', said)
  try {
    await look(page, '390')
    await show(page, origin, scene)
    for (const view of wanted) {
      await look(page, view)
      await fits(page, view)
    }
    const title = await page.title()
    assert.match(title, /^.+ · AuthX$|^AuthX$/)
    assert.doesNotMatch(title, /ax[ie]_/)
    assert.doesNotMatch(`${title} ${page.url()}`, /418906|418960|702415|482913|407|829|correct horse/)
    assert.deepEqual(errors, [], 'errors in the page')
  } finally {
    page.off('pageerror', failed)
    page.off('console', said)
  }
}

async function fits(page, view) {
  // What a sticky bar covers until one scrolls is no small target; sizes are measured below.
  const axe = new AxeBuilder({ page }).disableRules(['target-size'])
  // The first view is looked at whole, the others for what colours and widths can change.
  if (view !== wanted[0]) axe.withRules(['color-contrast', 'scrollable-region-focusable', 'region'])
  const found = await axe.analyze()
  assert.deepEqual(found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`), [], `axe, ${view}`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${view}: scrolls sideways by ${wide} px`)
  assert.deepEqual(await page.evaluate(cutOff), [], `${view}: text outside the page`)
  assert.deepEqual(await page.evaluate(small), [], `${view}: too small to hit`)
  const blue = await page.locator('.btn.main:visible:not(.bad)').count()
  assert.ok(blue <= 1, `${view}: ${blue} main buttons`)
}

/** Runs in the page: what a thumb would miss, under 24 px. */
function small() {
  return [...document.querySelectorAll('a:not(.skip), button, summary')]
    .filter(element => element.checkVisibility())
    .filter(element => { const { width, height } = element.getBoundingClientRect(); return width < 24 || height < 24 })
    .map(element => element.outerHTML.slice(0, 80))
}

/** Runs in the page: words that reach over its edge. */
function cutOff() {
  const width = document.documentElement.clientWidth
  return [...document.querySelectorAll('main *, header *, footer *, dialog *')]
    .filter(element => element.childElementCount === 0 && element.checkVisibility() && element.closest('.sr, .skip, .match') === null)
    .filter(element => { const { left, right, width: own } = element.getBoundingClientRect(); return own > 0 && (left < -1 || right > width + 1) })
    .map(element => element.outerHTML.slice(0, 80))
}
