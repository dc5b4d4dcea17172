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
import { launch, open, serve, show, views } from './browser.mjs'
import { scenes } from './scenes.mjs'

const missing = existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium') ? false : 'no Chromium here'
/** With VIEWS=390,320 only those. */
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

  for (const view of wanted) {
    describe(view, () => {
      for (const desk of [false, true]) {
        let window
        const mine = Object.entries(scenes).filter(([, scene]) => (scene.desk ?? false) === desk)
        it(desk ? 'opens on a computer' : 'opens on a phone', async () => { window = await open(browser, view, { desk }) })
        for (const [name, scene] of mine) it(name, () => holds(window.page, server.origin, name, scene))
        it('closes', () => window.context.close())
      }
    })
  }
})

async function holds(page, origin, name, scene) {
  const errors = []
  const note = error => errors.push(String(error.text?.() ?? error))
  const onConsole = message => { if (message.type() === 'error') note(message) }
  page.on('pageerror', note)
  page.on('console', onConsole)
  try {
    await show(page, origin, scene)
    const found = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`), [], 'axe')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `scrolls sideways by ${wide} px`)
    const cut = await page.evaluate(cutOff)
    assert.deepEqual(cut, [], 'text outside the page')
    const blue = await page.locator('.btn.main:visible:not(.bad)').count()
    assert.ok(blue <= 1, `${blue} main buttons`)
    const title = await page.title()
    assert.match(title, /^.+ · AuthX$|^AuthX$/)
    assert.doesNotMatch(`${title} ${page.url()}`, /418906|418960|702415|482913|correct horse|ax[ie]_/)
    assert.deepEqual(errors, [], `${name}: errors in the page`)
  } finally {
    page.off('pageerror', note)
    page.off('console', onConsole)
  }
}

/** Runs in the page: words that reach over its edge. */
function cutOff() {
  const width = document.documentElement.clientWidth
  return [...document.querySelectorAll('main *, header *, footer *, dialog *')]
    .filter(element => element.childElementCount === 0 && element.checkVisibility() && element.closest('.sr, .skip, .match') === null)
    .filter(element => { const { left, right, width: own } = element.getBoundingClientRect(); return own > 0 && (left < -1 || right > width + 1) })
    .map(element => element.outerHTML.slice(0, 80))
}
