// The push service that Chromium speaks to: device check-in, registration of a token, and the MCS
// stream (TLS, length-prefixed protocol buffers) on which messages come. It never decrypts.
import http from 'node:http'
import { randomBytes } from 'node:crypto'
import tls from 'node:tls'
import { Mailbox } from './mailbox.mjs'
import { decode, encode, readVarint, varint } from './protobuf.mjs'

/** The host in the endpoints that Debian's Chromium makes. */
export const HOST = 'jmt17.google.com'

// Tags of the MCS stream (google_apis/gcm/protocol/mcs.proto).
const PING = 0, ACK = 1, LOGIN = 2, LOGGED_IN = 3, CLOSE = 4, MESSAGE = 8
const VERSION = 41

/** @param {{ key: string, cert: string }} identity for 127.0.0.1 */
export async function startGcm(identity) {
  /** Devices that are connected. @type {Map<string, tls.TLSSocket>} */
  const connected = new Map()
  const mailbox = new Mailbox('gcm', HOST, message => {
    const { agent, more } = message.subscription
    const said = (/** @type {string} */ key, /** @type {string} */ value) => /** @type {[number, Buffer]} */ ([7, encode([[1, key], [2, value]])])
    connected.get(agent)?.write(frame(MESSAGE, [
      [3, more.sender], [5, more.category], said('subtype', more.app),
      ...(message.encoding ? [said('content-encoding', message.encoding)] : []),
      [9, message.id], [17, message.ttl], [18, BigInt(message.at)], [21, message.body],
    ]))
  })

  const web = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    if (request.url === '/checkin') {
      const before = decode(body).get(2)?.[0]
      const device = typeof before === 'bigint' && before ? before : randomBytes(8).readBigUInt64LE() >> 1n
      mailbox.note('checkin', { again: device === before })
      const secret = randomBytes(8).readBigUInt64LE() >> 1n
      response.writeHead(200, { 'content-type': 'application/x-protobuf' })
      response.end(encode([[1, 1], [3, BigInt(Date.now())], [7, { fixed64: device }], [8, { fixed64: secret }]]))
    } else if (request.url === '/register') {
      response.end(register(new URLSearchParams(body.toString())))
    } else response.writeHead(404).end()
  })

  /** @param {URLSearchParams} form */
  function register(form) {
    const [app, agent] = [form.get('X-subtype') ?? form.get('app') ?? '', form.get('device') ?? '']
    if (form.get('delete')) {
      mailbox.note('unregister', { app })
      for (const one of mailbox.subscriptions.values()) if (one.more.app === app && one.agent === agent) one.gone = true
      return 'token=' + app
    }
    const token = randomBytes(8).toString('base64url') + ':APA91b' + randomBytes(99).toString('base64url')
    const sender = form.get('sender') ?? form.get('X-scope') ?? ''
    mailbox.note('register', { token, app })
    // The sender is the key, or wrapped around it; where it is not, any key may send.
    const key = /B[\w-]{86}/.exec(sender)?.[0]
    mailbox.subscriptions.set(token, { token, agent, gone: false, key, more: { app, sender, category: form.get('app') ?? '' } })
    return 'token=' + token
  }

  const stream = tls.createServer(identity, socket => {
    mailbox.note('stream')
    let buffer = Buffer.alloc(0)
    let greeted = false
    socket.on('error', () => {})
    socket.on('data', data => {
      buffer = Buffer.concat([buffer, data])
      if (!greeted && buffer.length) {
        greeted = true
        buffer = buffer.subarray(1)
        socket.write(Buffer.from([VERSION]))
      }
      for (;;) {
        const size = buffer.length > 1 ? readVarint(buffer, 1) : undefined
        if (!size || buffer.length < size[1] + Number(size[0])) return
        const end = size[1] + Number(size[0])
        const [tag, fields] = [buffer[0], decode(buffer.subarray(size[1], end))]
        buffer = buffer.subarray(end)
        hear(socket, tag, fields)
      }
    })
  })

  /** @param {tls.TLSSocket} socket @param {number} tag @param {ReturnType<typeof decode>} fields */
  function hear(socket, tag, fields) {
    if (tag === LOGIN) {
      const device = String(fields.get(3)?.[0])
      const had = new Set((fields.get(10) ?? []).map(String))
      mailbox.note('login', { had: had.size })
      connected.set(device, socket)
      socket.on('close', () => connected.get(device) === socket && connected.delete(device))
      mailbox.acknowledge(had)
      socket.write(frame(LOGGED_IN, [[1, 'login-1'], [8, BigInt(Date.now())]]))
      mailbox.flush(device)
    } else if (tag === PING) socket.write(frame(ACK, []))
    else if (tag === CLOSE) socket.end()
  }

  stream.on('tlsClientError', error => mailbox.note('no_tls', { error: String(error) }))
  const port = await listen(web)
  const streamPort = await listen(stream)
  return {
    mailbox,
    /** The token of an endpoint's path. @param {string} path */
    token: path => decodeURIComponent(/^\/(?:fcm\/send|wp)\/(.+)$/.exec(path)?.[1] ?? ''),
    /** What leads Chromium here. */
    switches: [
      `--gcm-checkin-url=http://127.0.0.1:${port}/checkin`,
      `--gcm-registration-url=http://127.0.0.1:${port}/register`,
      `--gcm-mcs-endpoint=https://127.0.0.1:${streamPort}`,
    ],
    close() {
      web.close()
      stream.close()
      for (const socket of connected.values()) socket.destroy()
    },
  }
}

/** @param {number} tag @param {import('./protobuf.mjs').Field[]} fields */
function frame(tag, fields) {
  const body = encode(fields)
  return Buffer.concat([Buffer.from([tag]), varint(body.length), body])
}

/** A port of its own on the loopback. @param {import('node:net').Server} server @returns {Promise<number>} */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
  })
}
