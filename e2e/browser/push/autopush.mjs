// The push service that Firefox speaks to: a WebSocket with the subprotocol "push-notification".
// It never decrypts.
import http from 'node:http'
import { randomBytes, randomUUID } from 'node:crypto'
import { WebSocketServer } from 'ws'
import { listen } from './gcm.mjs'
import { Mailbox } from './mailbox.mjs'

/** The host in Firefox's endpoints. */
export const HOST = 'updates.push.services.mozilla.com'

export async function startAutopush() {
  /** Browsers that this service knows, with their connections. @type {Map<string, import('ws').WebSocket | undefined>} */
  const agents = new Map()
  const mailbox = new Mailbox('autopush', HOST, message => {
    const { agent, more } = message.subscription
    const data = message.body.length ? { data: message.body.toString('base64url'), headers: { encoding: message.encoding } } : {}
    say(agents.get(agent), { messageType: 'notification', channelID: more.channel, version: message.id, ttl: message.ttl, ...data })
  })
  const say = (/** @type {import('ws').WebSocket | undefined} */ socket, /** @type {unknown} */ message) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(message))
  }
  const of = (/** @type {string} */ channel) => [...mailbox.subscriptions.values()].filter(one => one.more.channel === channel)

  const server = http.createServer((_, response) => response.writeHead(404).end())
  const sockets = new WebSocketServer({ server, handleProtocols: offered => offered.has('push-notification') && 'push-notification' })
  sockets.on('connection', socket => {
    let agent = ''
    socket.on('error', () => {})
    socket.on('message', raw => {
      const said = JSON.parse(String(raw))
      const { messageType, channelID } = said
      switch (messageType) {
        case 'hello': {
          const known = agents.has(said.uaid)
          agent = known ? said.uaid : randomUUID().replaceAll('-', '')
          agents.set(agent, socket)
          mailbox.note('hello', { known })
          say(socket, { messageType, uaid: agent, status: 200, use_webpush: true, broadcasts: {} })
          mailbox.flush(agent)
          break
        }
        case 'register': {
          const token = 'gAAAAA' + randomBytes(90).toString('base64url')
          mailbox.note('register', { token })
          mailbox.subscriptions.set(token, { token, agent, gone: false, key: said.key?.replace(/=+$/, ''), more: { channel: channelID } })
          say(socket, { messageType, channelID, status: 200, pushEndpoint: `https://${HOST}/wpush/v2/${token}` })
          break
        }
        case 'unregister':
          mailbox.note('unregister', { channel: channelID })
          for (const one of of(channelID)) one.gone = true
          say(socket, { messageType, channelID, status: 200 })
          break
        case 'ack':
          mailbox.acknowledge(new Set(said.updates.map((/** @type {any} */ update) => update.version)))
          break
        case undefined:
          say(socket, {})
          break
        default:
          mailbox.note('said', { messageType })
      }
    })
  })
  const port = await listen(server)
  return {
    mailbox,
    /** The token of an endpoint's path. @param {string} path */
    token: path => /^\/wpush\/v[12]\/([\w-]+)$/.exec(path)?.[1] ?? '',
    /** What leads Firefox here. */
    preferences: {
      // A Firefox under remote control switches push off.
      'dom.push.connection.enabled': true,
      'dom.push.serverURL': `ws://127.0.0.1:${port}/`,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.retryBaseInterval': 500,
    },
    /** Knows no browser any more: each drops its subscriptions and fires `pushsubscriptionchange`. */
    forget() {
      for (const one of mailbox.subscriptions.values()) one.gone = true
      const open = [...agents.values()]
      agents.clear()
      // Cut: after a clean close Firefox does not come back by itself.
      for (const socket of open) socket?.terminate()
    },
    close() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    },
  }
}
