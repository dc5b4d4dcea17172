// Pictures of every screen: `node phone/dev/shots.mjs OUT [FILTER] [VIEW]`.

import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, open, serve, show, views } from '../test/screens/browser.mjs'
import { scenes } from '../test/screens/scenes.mjs'
import { buildMock } from './build.mjs'

const [out = 'shots', filter = '', only = ''] = process.argv.slice(2)
await mkdir(out, { recursive: true })
const built = await mkdtemp(join(tmpdir(), 'authx-phone-'))
await buildMock(built)
const server = await serve(built)
const browser = await launch()
for (const view of Object.keys(views).filter(name => only === '' || name === only)) {
  for (const desk of [false, true]) {
    const wanted = Object.entries(scenes).filter(([name, scene]) => new RegExp(filter).test(name) && (scene.desk ?? false) === desk)
    if (wanted.length === 0) continue
    const { context, page } = await open(browser, view, { desk })
    page.on('pageerror', error => console.error(view, page.url(), String(error)))
    page.on('console', message => { if (message.type() === 'error') console.error(view, page.url(), message.text()) })
    for (const [name, scene] of wanted) {
      try {
        await show(page, server.origin, scene)
      } catch (error) {
        console.error(`${name} ${view}: ${String(error).split('\n')[0]}`)
      }
      await page.screenshot({ path: join(out, `${name}-${view}.png`) })
    }
    await context.close()
  }
}
await browser.close()
server.close()
