// What stands before an AuthX whose program is changed under open pages: passes everything on, or
// hands out another build of the authenticator, whole or with a file missing.
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serve } from './lines.mjs'

/** @typedef {import('node:http').IncomingMessage} Asked @typedef {import('node:http').ServerResponse} Answer */

const web = fileURLToPath(new URL('../../web/', import.meta.url))
/** Changed in the next build, so that a late chunk has another name. */
const CHANGED = { file: 'phone/src/core/scanner.ts', from: 'BETWEEN_MS = 120', to: 'BETWEEN_MS = 121' }
/** @type {Record<string, string>} */
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml', png: 'image/png', woff2: 'font/woff2', webmanifest: 'application/manifest+json' }

/** @type {https.Server | undefined} */
let server
let upstream = 0
/** The next build's files by their paths; none while the program's own are served. @type {Map<string, Buffer> | undefined} */
let deployed
/** @type {Map<string, Buffer>} */
let next = new Map()
/** Paths that were asked for and are not there. @type {string[]} */
const missing = []

/** @param {Asked} request @param {Answer} response */
function answer(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'https://front')
  const ours = deployed && request.headers.host?.startsWith('phone.') && !pathname.startsWith('/phone/v1/')
  if (ours) file(pathname, request, response)
  else pass(request, response, (headers, from) => {
    response.writeHead(from.statusCode ?? 502, headers)
    from.pipe(response)
  })
}

/** @param {string} pathname @param {Asked} request @param {Answer} response */
function file(pathname, request, response) {
  const bytes = deployed?.get(pathname)
  if (!bytes) missing.push(pathname)
  // With the program's own headers, its policy above all.
  request.url = '/'
  pass(request, response, (headers, from) => {
    from.resume()
    for (const name of ['content-length', 'content-encoding', 'etag', 'transfer-encoding']) delete headers[name]
    headers['content-type'] = TYPES[pathname === '/' ? 'html' : pathname.split('.').pop() ?? ''] ?? 'text/plain'
    response.writeHead(bytes ? 200 : 404, headers).end(bytes ?? 'not found\n')
  })
}

/** @param {Asked} request @param {Answer} response @param {(headers: import('node:http').IncomingHttpHeaders, from: Asked) => void} then */
function pass(request, response, then) {
  const { method, url, headers } = request
  const servername = headers.host?.replace(/:\d+$/, '')
  const asked = https.request({ host: '127.0.0.1', port: upstream, servername, method, path: url, headers }, from => then({ ...from.headers }, from))
  asked.on('error', () => response.destroy())
  response.on('close', () => asked.destroy())
  request.pipe(asked)
}

serve({
  async start({ key, certificate, port, to }) {
    upstream = to
    const made = server = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer)
    await new Promise((resolve, reject) => made.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined)))
  },
  /** Builds the sources with a small change as another version; gives what its late chunks are called. */
  async build({ directory, version }) {
    await mkdir(path.join(directory, 'phone'), { recursive: true })
    for (const part of ['build', 'look', 'phone/src', 'package.json']) await cp(path.join(web, part), path.join(directory, part), { recursive: true })
    await symlink(path.join(web, 'node_modules'), path.join(directory, 'node_modules'))
    const changed = path.join(directory, CHANGED.file)
    const text = await readFile(changed, 'utf8')
    if (!text.includes(CHANGED.from)) throw new Error(`${CHANGED.file} has no ${CHANGED.from}`)
    await writeFile(changed, text.replace(CHANGED.from, CHANGED.to))
    const { build } = await import(pathToFileURL(path.join(directory, 'build/build.mjs')).href)
    const built = await build({ out: path.join(directory, 'dist/'), version })
    next = new Map([...built.files].map(([name, bytes]) => [name === 'index.html' ? '/' : `/${name}`, bytes]))
    return [...next.keys()]
  },
  /** Serves the next build, without the file if one is named. */
  deploy({ without }) {
    deployed = new Map(next)
    if (without && !deployed.delete(without)) throw new Error(`no ${without}`)
  },
  missing: () => missing,
}, () => server?.closeAllConnections())
