// The push services of Google and Mozilla as far as browsers and senders see them, on this machine:
// browsers are led here by switches and preferences, senders by an HTTP proxy, through which the
// services' own host names answer with certificates of the test's authority.
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { readFileSync } from 'node:fs'
import { serve, until } from './lines.mjs'
import { startAutopush } from './push/autopush.mjs'
import { listen, startGcm } from './push/gcm.mjs'

/** @type {Awaited<ReturnType<typeof begin>> | undefined} */
let running

/** @param {{ key: string, certificate: string }} files */
async function begin({ key, certificate }) {
  const identity = { key: readFileSync(key, 'utf8'), cert: readFileSync(certificate, 'utf8') }
  const [gcm, autopush] = [await startGcm(identity), await startAutopush()]
  const services = [gcm, autopush]
  const hosts = new Map(services.map(service => [service.mailbox.host, service]))
  /** @type {Record<string, unknown>[]} */
  const connections = []

  const front = http2.createSecureServer({ ...identity, allowHTTP1: true }, async (request, response) => {
    const host = String(request.headers[':authority'] ?? request.headers.host).replace(/:443$/, '')
    const service = hosts.get(host)
    const body = Buffer.concat(await request.toArray())
    if (!service || request.method !== 'POST') return response.writeHead(404).end()
    const { status, headers, reason } = service.mailbox.accept(service.token(request.url), request.headers, body)
    response.writeHead(status, headers).end(reason ?? '')
  })
  const frontPort = await listen(front)

  const proxy = http.createServer((_, response) => response.writeHead(405).end())
  const tunnels = new Set()
  proxy.on('connect', (request, socket) => {
    const [host, port] = String(request.url).split(':')
    const known = hosts.has(host) && port === '443' && !outage
    connections.push({ at: Date.now(), host, port: Number(port), allowed: known })
    socket.on('error', () => {})
    if (!known) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    const behind = net.connect(frontPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      behind.pipe(socket).pipe(behind)
    })
    tunnels.add(socket)
    socket.on('close', () => tunnels.delete(socket))
    behind.on('error', () => socket.destroy())
    socket.on('close', () => behind.destroy())
  })
  let outage = false
  const proxyPort = await listen(proxy)

  return {
    gcm, autopush, services, connections,
    told: { switches: gcm.switches, preferences: autopush.preferences, proxy: `http://127.0.0.1:${proxyPort}` },
    /** @param {boolean} is whether nobody is reached through the proxy */
    setOutage(is) {
      outage = is
      if (is) for (const socket of tunnels) socket.destroy()
    },
    close() {
      for (const one of [...services, front, proxy]) one.close()
      for (const socket of tunnels) socket.destroy()
    },
  }
}

function world() {
  if (!running) throw new Error('not started')
  return running
}
const log = () => world().services.flatMap(service => service.mailbox.log).sort((a, b) => Number(a.at) - Number(b.at))

serve({
  async start(files) {
    running = await begin(files)
    return running.told
  },
  /** All that happened. */
  log,
  /** The posts of senders, answered or not. */
  posts: () => log().filter(entry => entry.event === 'post'),
  /** Waits until so many posts have come since the start. */
  wait_posts: ({ many, patience }) =>
    until(`${many} posts`, patience, () => {
      const posts = log().filter(entry => entry.event === 'post')
      return posts.length >= many && posts
    }),
  /** Hosts that somebody wanted to reach through the proxy. */
  connections: () => world().connections,
  /** Endpoints that work. */
  endpoints: () => world().services.flatMap(service => [...service.mailbox.subscriptions.values()])
    .filter(one => !one.gone).map(one => one.token),
  /** Subscriptions that answer 410 from now on: the one of an endpoint, or all. */
  expire({ endpoint }) {
    for (const { mailbox } of world().services)
      for (const one of mailbox.subscriptions.values()) if (!endpoint || endpoint.endsWith(encodeURI(one.token))) one.gone = true
  },
  /** Firefox's service loses all that it knew. */
  forget: () => world().autopush.forget(),
  /** Keeps messages, or hands over what was kept. */
  hold({ on }) {
    for (const { mailbox } of world().services) {
      if (on) mailbox.held = true
      else mailbox.release()
    }
  },
  /** Answers the next posts so. */
  fail({ status, times = 1, retry_after }) {
    for (const { mailbox } of world().services) mailbox.failures.push(...Array(times).fill({ status, retry_after }))
  },
  /** Whether the proxy leads nowhere. */
  outage: ({ on }) => world().setOutage(on),
}, () => running?.close())
