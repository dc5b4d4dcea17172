// What both push services share: subscriptions, messages that wait for their browser, and the
// sender's side (RFC 8030, 8292) with the checks that Google's, Mozilla's and Apple's services make.
import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto'

/**
 * @typedef {object} Subscription
 * @property {string} token the endpoint's last part
 * @property {string} agent whose browser
 * @property {boolean} gone
 * @property {string} [key] the only sender's key, base64url
 * @property {any} [more] what the service knows of it
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {Subscription} subscription
 * @property {string} [topic]
 * @property {number} ttl in seconds
 * @property {number} until
 * @property {string} [encoding]
 * @property {Buffer} body
 * @property {number} at when it was accepted
 */

export class Mailbox {
  /** @type {Map<string, Subscription>} */
  subscriptions = new Map()
  /** Messages that nobody has acknowledged. @type {Message[]} */
  waiting = []
  /** What was posted, and what the browsers said, in order. @type {Record<string, unknown>[]} */
  log = []
  /** Whether accepted messages stay here until they are released. */
  held = false
  /** How the next posts are answered instead. @type {{ status: number, retry_after?: number }[]} */
  failures = []

  /** @param {string} name @param {string} host @param {(message: Message) => void} deliver */
  constructor(name, host, deliver) {
    this.name = name
    this.host = host
    this.deliver = deliver
  }

  /** @param {string} event @param {Record<string, unknown>} more */
  note(event, more = {}) {
    const entry = { event, service: this.name, at: Date.now(), ...more }
    this.log.push(entry)
    // Also where a test that failed leaves its traces.
    console.error(JSON.stringify(entry))
  }

  /**
   * A POST of a sender.
   * @param {string} token @param {import('node:http').IncomingHttpHeaders} headers @param {Buffer} body
   * @returns {{ status: number, headers?: Record<string, string>, reason?: string }}
   */
  accept(token, headers, body) {
    const { ttl, urgency, topic, 'content-encoding': encoding, authorization } = headers
    const { claims, key, wrong } = vapid(authorization, this.host)
    const answer = this.#answer(token, { ttl, urgency, topic, encoding, wrong, key }, body)
    const facts = { ttl: ttl === undefined ? null : Number(ttl), urgency: urgency ?? null, topic: topic ?? null, encoding: encoding ?? null }
    this.note('post', { token, host: this.host, ...facts, claims, bytes: body.length, status: answer.status, reason: answer.reason ?? null })
    return answer
  }

  /**
   * @param {string} token @param {any} asked @param {Buffer} body
   * @returns {{ status: number, headers?: Record<string, string>, reason?: string }}
   */
  #answer(token, { ttl, urgency, topic, encoding, wrong, key }, body) {
    const refuse = (/** @type {number} */ status, /** @type {string} */ reason) => ({ status, reason })
    const failure = this.failures.shift()
    if (failure) {
      const headers = failure.retry_after === undefined ? undefined : { 'retry-after': String(failure.retry_after) }
      return { status: failure.status, headers, reason: 'as was asked for' }
    }
    const subscription = this.subscriptions.get(token)
    if (!subscription) return refuse(404, 'no such subscription')
    if (subscription.gone) return refuse(410, 'gone')
    if (!/^\d+$/.test(ttl ?? '')) return refuse(400, 'no TTL')
    if (urgency && !['very-low', 'low', 'normal', 'high'].includes(urgency)) return refuse(400, 'Urgency')
    if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) return refuse(400, 'Topic')
    if (body.length > 4096) return refuse(413, 'more than 4,096 bytes')
    if (body.length && encoding !== 'aes128gcm') return refuse(400, 'Content-Encoding')
    if (wrong) return refuse(403, wrong)
    if (subscription.key && subscription.key !== key) return refuse(403, 'the key of another sender')
    const now = Date.now()
    const message = { id: randomUUID(), subscription, topic, ttl: Number(ttl), until: now + Number(ttl) * 1_000, encoding, body, at: now }
    // RFC 8030 §5.4: a newer message of the topic takes the place of one that still waits.
    this.waiting = this.waiting.filter(old => !topic || old.subscription !== subscription || old.topic !== topic)
    this.waiting.push(message)
    if (!this.held) this.deliver(message)
    return { status: 201, headers: { location: `https://${this.host}/message/${message.id}`, ttl: String(ttl) } }
  }

  /** Hands over all that waits for a browser that has come back. @param {string} agent */
  flush(agent) {
    this.waiting = this.waiting.filter(message => message.until > Date.now())
    if (!this.held) for (const message of this.waiting) if (message.subscription.agent === agent) this.deliver(message)
  }

  /** @param {Set<string>} ids what the browser has */
  acknowledge(ids) {
    for (const message of this.waiting) if (ids.has(message.id)) this.note('acknowledged', { token: message.subscription.token })
    this.waiting = this.waiting.filter(message => !ids.has(message.id))
  }

  release() {
    this.held = false
    for (const agent of new Set(this.waiting.map(message => message.subscription.agent))) this.flush(agent)
  }
}

/**
 * Who sent it, and what is wrong with that (RFC 8292; `sub` as Apple wants it).
 * @param {string | undefined} authorization @param {string} host
 * @returns {{ claims: any, key?: string, wrong?: string }}
 */
function vapid(authorization, host) {
  const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization ?? '') ?? []
  if (!token || !key) return { claims: null, wrong: 'no VAPID' }
  const [head, payload, signature] = token.split('.')
  const json = (/** @type {string} */ part) => JSON.parse(Buffer.from(part, 'base64url').toString())
  let claims = null
  try {
    claims = json(payload)
    if (json(head).alg !== 'ES256') return { claims, key, wrong: 'alg' }
    const point = Buffer.from(key, 'base64url')
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(part => part.toString('base64url'))
    const jwk = { kty: 'EC', crv: 'P-256', x, y }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    const signed = Buffer.from(`${head}.${payload}`)
    const is = verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    if (!is) return { claims, key, wrong: 'VAPID signature' }
  } catch (error) {
    return { claims, key, wrong: `VAPID: ${error}` }
  }
  const now = Date.now() / 1_000
  if (claims.aud !== `https://${host}`) return { claims, key, wrong: `aud ${claims.aud}` }
  if (!(claims.exp > now && claims.exp <= now + 86_400 + 60)) return { claims, key, wrong: `exp ${claims.exp}` }
  const contact = /^(?:mailto:[^@\s]+@|https:\/\/)([^/\s:]+)/.exec(claims.sub ?? '')?.[1]
  if (!contact || /(^|\.)(localhost|local|invalid|test)$/.test(contact)) return { claims, key, wrong: `sub ${claims.sub}` }
  return { claims, key }
}

/** A short name of a subscription for a log. @param {string} token */
export const short = token => createHash('sha256').update(token).digest('hex').slice(0, 8)
