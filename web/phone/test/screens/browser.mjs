// A static server under the app's own policy, and Debian's Chromium.

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { chromium } from 'playwright-core'

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

/** The policy under which the server hands out the page. */
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'"

/** Hands out a directory. */
export async function serve(directory) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = join(directory, normalize(pathname === '/' ? '/index.html' : pathname))
    try {
      const body = await readFile(path)
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
      response.end(body)
    } catch {
      response.writeHead(extname(path) === '.ico' ? 204 : 404).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://localhost:${server.address().port}`, close: () => server.close() }
}

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
}

/** How a screen is looked at. */
export const views = {
  '390': { width: 390, height: 844, colorScheme: 'light' },
  '390-dark': { width: 390, height: 844, colorScheme: 'dark' },
  '320': { width: 320, height: 640, colorScheme: 'light' },
  '1280': { width: 1280, height: 800, colorScheme: 'light' },
}

const ANDROID = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36'

/** A window; `desk` is a computer with a mouse. */
export async function open(browser, { desk = false } = {}) {
  const context = await browser.newContext({
    timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', deviceScaleFactor: 1,
    ...(desk ? {} : { userAgent: ANDROID, hasTouch: true }),
    permissions: ['clipboard-write', 'clipboard-read'],
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  return { context, page }
}

/** Looks at the same screen in another way. */
export async function look(page, view) {
  const { width, height, colorScheme } = views[view]
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height })
}

/** The address that the mock's invitation or move was opened with. */
function linked({ scene = '' }) {
  const kind = /\b(invited|moving)\b/.exec(scene)?.[1]
  return kind === undefined ? '#codes' : `#${kind === 'moving' ? 'axe' : 'axi'}_kR7Vd2mQx9TfKc4LwZ8sYhN3pBgJ6eUaRtX5vCqEi0M`
}

/** Brings a screen up. */
export async function show(page, origin, scene) {
  await page.goto('about:blank')
  await page.goto(`${origin}/?scene=${scene.scene ?? ''}${scene.at ?? linked(scene)}`)
  await page.waitForSelector('main:visible')
  await page.evaluate(() => document.fonts.ready)
  for (const step of scene.do ?? []) await step(page)
  await page.evaluate(() => document.fonts.ready)
}
