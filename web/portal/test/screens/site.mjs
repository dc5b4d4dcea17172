// The samples that `cargo test -p authx gallery` and `… samples` write, under the portal's own policy, with what
// they load.

import { createServer } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const dist = join(root, 'web/portal/dist')
/** Where the samples are. */
export const samples = join(root, 'target/test/gallery')
/** Where pictures go. */
export const shots = join(root, 'target/test/shots/portal')

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml', '.png': 'image/png' }

/** The policy that the server sends, so that the tests run under it. */
function policy() {
  const source = readFileSync(join(root, 'crates/authx/src/portal/page.rs'), 'utf8')
  return /const CSP: &str = "([^"]*)"/s.exec(source)[1].replaceAll(/\\\n\s*/g, '')
}

/** A file of the build of now, also for samples that were written over an older one. */
function built(path) {
  const stem = /\/([^/]*)-[A-Z0-9]{8}(\.[a-z0-9]+)$/.exec(path)
  const names = readdirSync(join(dist, 'assets'))
  const name = names.find(name => stem !== null && name.startsWith(`${stem[1]}-`) && name.length === `${stem[1]}-${stem[2]}`.length + 8 && name.endsWith(stem[2]))
  return join(dist, 'assets', name ?? path)
}

/** Hands out samples and assets; `posted` takes what forms send. */
export async function serve(posted = () => {}) {
  const csp = policy()
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'POST') {
      const parts = []
      for await (const part of request) parts.push(part)
      const delay = posted(pathname, new URLSearchParams(Buffer.concat(parts).toString()))
      await delay
      response.writeHead(303, { location: '/alone.html' }).end()
      return
    }
    // A part that renews itself: nothing is new.
    const current = request.headers['hx-current-url']
    const path = normalize(current === undefined ? pathname : new URL(String(current)).pathname)
    const file = path.startsWith('/assets/') ? built(path) : join(samples, path)
    try {
      const body = await readFile(file)
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain', 'content-security-policy': csp }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://localhost:${server.address().port}`, close: () => { server.closeAllConnections(); server.close() } }
}
