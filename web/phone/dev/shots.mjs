// Pictures of every screen: `node phone/dev/shots.mjs OUT [FILTER] [VIEW,VIEW]`.

import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, look, open, serve, show, views } from '../test/screens/browser.mjs'
import { scenes } from '../test/screens/scenes.mjs'
import { buildMock } from './build.mjs'

const [out = 'shots', filter = '', only = ''] = process.argv.slice(2)
await mkdir(out, { recursive: true })
const built = await mkdtemp(join(tmpdir(), 'authx-phone-'))
await buildMock(built)
const server = await serve(built)
const browser = await launch()
const chosen = Object.keys(views).filter(name => only === '' || only.split(',').includes(name))
for (const desk of [false, true]) {
  const { context, page } = await open(browser, { desk })
  page.on('pageerror', error => console.error(page.url(), String(error)))
  page.on('console', message => { if (message.type() === 'error') console.error(page.url(), message.text()) })
  for (const [name, scene] of Object.entries(scenes)) {
    if (!new RegExp(filter).test(name) || (scene.desk ?? false) !== desk) continue
    await look(page, chosen[0])
    await show(page, server.origin, scene).catch(error => console.error(`${name}: ${String(error).split('\n')[0]}`))
    for (const view of chosen) {
      await look(page, view)
      await page.screenshot({ path: join(out, `${name}-${view}.png`) })
    }
  }
  await context.close()
}
await browser.close()
server.close()
