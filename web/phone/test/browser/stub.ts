// A small AuthX for browser tests: /phone/v1 with every signature checked by other means than the
// app's, one tenant, one invitation; and the app's files with the real server's policy.

import { createECDH, createHash, createHmac, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { Requests } from '../../src/core/server.ts'
import type { PublicKey, WireAccount, WireCallerCheck, WireEntry, WireRequest } from '../../src/core/wire.ts'
import { fourWords } from '../../src/core/words.ts'
import { account, sealed, TOTP } from '../support.ts'

const KINDS: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2',
  '.png': 'image/png', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json',
}

const VAPID = createECDH('prime256v1').generateKeys().toString('base64url')

/** The policy that the Rust side sends, so that the tests run under it. */
function policy(): string {
  const source = readFileSync(join(process.cwd(), '../crates/authx/src/phone_site/headers.rs'), 'utf8')
  return /const CSP: &str = "([^"]*)"/s.exec(source)![1]!.replaceAll(/\\\n\s*/g, '')
}

/** A phone as this server knows it. */
interface KnownPhone {
  readonly keys: Record<'answer' | 'device', KeyObject>
  readonly secret: Buffer
  readonly words: readonly string[]
  account: WireAccount
  version: number
  requests: WireRequest[]
  check?: WireCallerCheck | undefined
  entries: WireEntry[]
}

/** An answer to give instead of a good one. */
class Refusal extends Error {
  constructor(readonly status: number, readonly members: Record<string, unknown>) { super(String(members['code'])) }
}

/** Start, look inside, stop, and start again. */
export class Stub {
  readonly phones = new Map<string, KnownPhone>()
  readonly receipts: { by: string; requests: string[] }[] = []
  readonly subscriptions: string[] = []
  readonly statements: string[] = []
  /** Checks that a phone ended. */
  readonly denied: string[] = []
  readonly assertions: Record<string, string>[] = []
  readonly credentials: Record<string, string>[] = []
  /** Paths of files that are not there although the list names them. */
  missing = new Set<string>()
  tooOld = false
  appLock: 'required' | 'optional' = 'optional'
  private readonly streams = new Map<string, Set<ServerResponse>>()
  private server: Server | undefined
  private readonly csp = policy()

  constructor(public dist: string, readonly port: number) {}

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => void this.answer(request, response))
    await new Promise<void>(resolve => this.server!.listen(this.port, 'localhost', resolve))
  }

  stop(): void {
    this.server?.closeAllConnections()
    this.server?.close()
    this.server = undefined
    this.streams.clear()
  }

  /** Asks a phone. */
  ask(phone: string, asked: WireRequest): void {
    const known = this.phones.get(phone)!
    known.requests = [...known.requests.filter(one => one.id !== asked.replaces), asked]
    this.changed(phone)
  }

  /** The help desk checks who is on the telephone; nothing: it is over. */
  checkCaller(phone: string, check?: WireCallerCheck): void {
    this.phones.get(phone)!.check = check
    this.changed(phone)
  }

  /** The code of a phone's secret now. */
  code(phone: string, now = Date.now()): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
    const mac = createHmac('sha256', this.phones.get(phone)!.secret).update(counter).digest()
    const at = mac[mac.length - 1]! & 15
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }

  /** Whether it is the code now, or was when it was read. */
  isCode(phone: string, code: string): boolean {
    const now = Date.now()
    return [now, now - 2_000].some(at => code === this.code(phone, at))
  }

  private changed(phone: string): void {
    const known = this.phones.get(phone)!
    known.version += 1
    for (const stream of this.streams.get(phone) ?? []) stream.write(event(known))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin)
    if (!url.pathname.startsWith('/phone/v1/')) return this.file(url.pathname, response)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks)
    try {
      if (this.tooOld) throw new Refusal(426, { code: 'client_too_old' })
      const path = url.pathname.slice('/phone/v1'.length)
      const body = text.length === 0 ? {} : JSON.parse(text.toString()) as Record<string, any>
      const phone = await this.signer(request, url, text, path, body)
      if (path === '/requests/live') return this.stream(phone, request, response)
      const answer = this.resource(`${request.method} ${path}`, phone, body)
      if (answer === undefined) response.writeHead(204).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await answer))
    } catch (thrown) {
      const { status, members } = thrown instanceof Refusal ? thrown : new Refusal(500, { code: 'fault', detail: String(thrown) })
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ status, ...members }))
    }
  }

  /** Checks the signature and says whose it is; '' for what is unsigned. */
  private async signer(request: IncomingMessage, url: URL, body: Buffer, path: string, json: Record<string, any>): Promise<string> {
    if (['/server', '/invitations', '/proofs'].includes(path)) return ''
    const head = (name: string) => String(request.headers[name])
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
    if (head('content-digest') !== digest) throw new Refusal(401, { code: 'signature', detail: 'digest' })
    const parameters = head('signature-input').replace(/^authx=/, '')
    const keyid = /keyid="([^"]+)"/.exec(parameters)?.[1] ?? ''
    const base = [
      `"@method": ${request.method}`, `"@authority": localhost:${this.port}`, `"@path": ${url.pathname}`,
      `"@query": ${url.search || '?'}`, `"content-digest": ${digest}`, `"authx-client": ${head('authx-client')}`,
      `"@signature-params": ${parameters}`,
    ].join('\n')
    const signature = Buffer.from(head('signature').slice('authx=:'.length, -1), 'base64')
    const known = this.phones.get(keyid)
    if (known === undefined && path !== '/activations') throw new Refusal(401, { code: 'phone_gone' })
    const keys = known?.keys ?? { answer: imported(json['keys'].answer), device: imported(json['keys'].answer) }
    const signedBy = (key: KeyObject) => verify('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, signature)
    const byDevice = ['/requests', '/requests/live', '/receipts', '/history', '/account', '/subscription'].includes(path) ||
      path.endsWith('/endings') && path.startsWith('/caller-checks/') || (path.endsWith('/answers') && !String(json['statement']).startsWith('{"answer":"approve"'))
    if (!signedBy(keys.answer) && !(byDevice && signedBy(keys.device))) throw new Refusal(401, { code: 'signature', detail: path })
    return keyid
  }

  private resource(call: string, phone: string, body: Record<string, any>): unknown {
    const [method, path = ''] = call.split(' ')
    const known = this.phones.get(phone)
    const checked = /^\/caller-checks\/(\w+)\/(\w+)$/.exec(path)
    if (checked !== null) return this.checked(known!, phone, checked[1]!, checked[2]!, body)
    const answered = /^\/requests\/(\w+)\/(\w+)$/.exec(path)
    if (answered !== null) return this.answered(known!, phone, answered[1]!, answered[2]!, body)
    switch (call) {
      case 'GET /server': return { version: '0.1.0', now: new Date().toISOString(), vapid_public_key: VAPID, oldest_client: '0.1.0', name: 'localhost' }
      case 'POST /invitations': return this.invitation(body)
      case 'POST /proofs':
        if (body['proof'].password !== 'correct horse') throw new Refusal(403, { code: 'wrong_proof', left: 4 })
        return { activation: 'axe_test', expires_at: new Date(Date.now() + 600_000).toISOString() }
      case 'POST /activations': return this.activated(body)
      case 'POST /confirmations':
        if (!this.isCode(phone, body['code'])) throw new Refusal(403, { code: 'wrong_code' })
        return known!.account = { ...known!.account, state: 'active' }
      case 'GET /account': return known!.account
      case 'GET /requests': return view(known!)
      case 'GET /history': return { entries: known!.entries }
      case 'POST /receipts':
        this.receipts.push(body as { by: string; requests: string[] })
        return undefined
      case 'PUT /subscription':
        this.subscriptions.push(body['endpoint'])
        return known!.account = { ...known!.account, subscribed: true }
      case 'PUT /credential':
        this.credentials.push({ ...body, phone })
        return known!.account = { ...known!.account, credential: true }
      case 'DELETE /device':
        this.phones.delete(phone)
        return undefined
      default: throw new Refusal(404, { code: 'not_found', detail: `${method} ${path}` })
    }
  }

  private invitation({ invitation }: Record<string, any>): unknown {
    if (!String(invitation).startsWith('axi_') && invitation !== 'ABCD-EFGH') throw new Refusal(404, { code: 'not_open' })
    const { tenant, user } = account('')
    const phones = [...this.phones].map(([phone, { account, words }]) => ({
      phone, name: account.name, platform: '', words, state: account.state, at: new Date().toISOString(),
    }))
    return { accounts: [{ tenant, user }], proof: 'password', expires_at: new Date(Date.now() + 600_000).toISOString(), phones }
  }

  private async activated(body: Record<string, any>): Promise<unknown> {
    const phone: string = body['phone']
    const keys = body['keys'] as Record<'answer' | 'device' | 'box', PublicKey>
    const secret = createHash('sha256').update(phone).digest()
    const theirs = await crypto.subtle.importKey('jwk', { ...keys.box }, { name: 'ECDH', namedCurve: 'P-256' }, true, [])
    const seed = await sealed({ publicKey: theirs, privateKey: theirs }, phone, secret)
    const added = account(phone, { name: body['name'], state: 'pending' })
    const { answer: a, device: d, box: b } = keys
    const lines = ['authx words 1', phone, a.x, a.y, d.x, d.y, b.x, b.y, seed.ephemeral, seed.iv, seed.ciphertext, added.tenant.id, added.user.id]
    this.phones.set(phone, {
      keys: { answer: imported(a), device: imported(d) }, secret, version: 0, requests: [], entries: [],
      words: fourWords(createHash('sha256').update(lines.join('\n')).digest()),
      account: { ...added, policy: { ...added.policy, app_lock: this.appLock } },
    })
    return { account: this.phones.get(phone)!.account, seed, totp: TOTP }
  }

  private answered(known: KnownPhone, phone: string, id: string, what: string, body: Record<string, any>): unknown {
    const found = known.requests.find(one => one.id === id)
    if (found === undefined) throw new Refusal(409, { code: 'not_open', outcome: 'elsewhere' })
    this.statements.push(body['statement'])
    const statement = JSON.parse(body['statement']) as Record<string, string>
    if (found.user_verification && statement['answer'] === 'approve') this.checkAssertion(phone, body)
    if (what === 'codes') return { code: '246810', expires_at: found.expires_at }
    const wrong = statement['answer'] === 'approve' && statement['match_number'] !== '482913'
    const outcome = wrong ? 'wrong_number' : statement['answer'] === 'approve' ? 'approved' : statement['answer'] === 'deny' ? 'denied' : 'fraud'
    const at = new Date().toISOString()
    if (!wrong) {
      known.requests = known.requests.filter(one => one.id !== id)
      const { application, client, support_code, kind } = found
      known.entries = [{ id, application, outcome, at, client, support_code, kind }, ...known.entries]
      this.changed(phone)
    }
    return { outcome, at, support_code: found.support_code, session: outcome === 'approved', ...(wrong ? { tries_left: 1 } : {}) }
  }

  private checked(known: KnownPhone, phone: string, id: string, what: string, body: Record<string, any>): unknown {
    if (known.check?.id !== id) throw new Refusal(409, { code: 'not_open' })
    if (what === 'endings') {
      this.denied.push(id)
      return this.checkCaller(phone)
    }
    if (known.account.policy.user_verification === 'required') this.checkAssertion(phone, { ...body, statement: `authx caller check 1\n${id}` })
    return { agent_reads: '407', caller_reads: '829', expires_at: known.check.expires_at }
  }

  /** WebAuthn level 2, §7.2, as far as it matters here. */
  private checkAssertion(phone: string, { statement, assertion }: Record<string, any>): void {
    const credential = this.credentials.find(one => one['phone'] === phone && one['id'] === assertion?.id)
    if (credential === undefined) throw new Refusal(403, { code: 'verification_needed' })
    const clientData = Buffer.from(assertion.client_data, 'base64url')
    const authenticatorData = Buffer.from(assertion.authenticator_data, 'base64url')
    const { type, challenge, origin } = JSON.parse(clientData.toString()) as Record<string, string>
    const wanted = createHash('sha256').update(statement).digest('base64url')
    const key = createPublicKey({ key: Buffer.from(credential['public_key']!, 'base64url'), format: 'der', type: 'spki' })
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()])
    const right = type === 'webauthn.get' && challenge === wanted && origin === this.origin &&
      (authenticatorData[32]! & 0b101) === 0b101 &&
      verify('sha256', signed, key, Buffer.from(assertion.signature, 'base64url'))
    if (!right) throw new Refusal(403, { code: 'statement_differs' })
    this.assertions.push(assertion)
  }

  private stream(phone: string, request: IncomingMessage, response: ServerResponse): void {
    const streams = this.streams.get(phone) ?? new Set()
    this.streams.set(phone, streams.add(response))
    request.on('close', () => streams.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(event(this.phones.get(phone)!))
  }

  private async file(path: string, response: ServerResponse): Promise<void> {
    const name = path === '/' ? '/index.html' : path
    const bytes = this.missing.has(path) || name.includes('..') ? undefined : await readFile(join(this.dist, name)).catch(() => undefined)
    if (bytes === undefined) return void response.writeHead(404).end('not found')
    response.writeHead(200, {
      'content-type': KINDS[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': this.csp,
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    }).end(bytes)
  }
}

function view({ version, requests, check }: KnownPhone): Requests {
  return { version, requests, ...(check === undefined ? {} : { caller_check: check }) }
}

function event(known: KnownPhone): string {
  return `event: requests\nid: ${known.version}\ndata: ${JSON.stringify(view(known))}\n\n`
}

function imported(key: PublicKey): KeyObject {
  return createPublicKey({ key: { ...key }, format: 'jwk' })
}
