// A site with push for the harness's own tests: serves fixture/ over TLS and sends with the npm
// package web-push, which knows nothing of AuthX.
import { createPublicKey, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import webpush from 'web-push'
import { serve, until } from './lines.mjs'
import { listen } from './push/gcm.mjs'

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker"
/** @type {Record<string, string>} */
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', webmanifest: 'application/manifest+json' }

const vapid = webpush.generateVAPIDKeys()
/** @type {{ subscription?: any, key?: any }} */
let phone = {}
/** @type {any[]} */
const reports = []
let away = false

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function answer(request, response) {
  if (away) return request.socket.destroy()
  const body = Buffer.concat(await request.toArray())
  const { pathname } = new URL(request.url ?? '/', 'https://site')
  if (pathname === '/vapid') return response.end(vapid.publicKey)
  if (pathname === '/subscription') {
    phone = JSON.parse(String(body))
    return response.end()
  }
  if (pathname === '/report') {
    const key = createPublicKey({ key: phone.key, format: 'jwk' })
    const signature = Buffer.from(String(request.headers['x-signature']), 'base64')
    reports.push({ ...JSON.parse(String(body)), signed: verify('sha256', body, { key, dsaEncoding: 'ieee-p1363' }, signature) })
    return response.end()
  }
  const file = pathname === '/' ? 'index.html' : pathname.slice(1)
  const content = /^[\w.]+$/.test(file) ? await readFile(new URL(`fixture/${file}`, import.meta.url)).catch(() => undefined) : undefined
  if (!content) return response.writeHead(404).end()
  const type = TYPES[file.split('.').pop() ?? '']
  response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-cache' }).end(content)
}

/** @type {https.Server | undefined} */
let server

serve({
  async start({ key, certificate }) {
    server = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer)
    return listen(server)
  },
  /** Whether the server is gone. */
  away({ on }) {
    away = on
    if (on) server?.closeAllConnections()
  },
  subscription: () => phone.subscription,
  /** Encrypts and sends, through a proxy; gives the status. */
  async send({ text, proxy, ttl = 120, topic }) {
    const vapidDetails = { subject: 'mailto:ops@example.org', ...vapid }
    const options = { TTL: ttl, urgency: /** @type {const} */ ('high'), vapidDetails, proxy, ...(topic ? { topic } : {}) }
    return webpush.sendNotification(phone.subscription, text, options).then(sent => sent.statusCode, error => {
      if (error.statusCode) return error.statusCode
      throw error
    })
  },
  /** Waits for the next report of the worker of this kind. */
  report: ({ what, patience = 60_000 }) => until(`a report of ${what}`, patience, () => {
    const at = reports.findIndex(report => report.what === what)
    return at >= 0 && reports.splice(at, 1)[0]
  }),
}, () => server?.closeAllConnections())
