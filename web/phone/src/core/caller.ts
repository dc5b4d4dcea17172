// Calls of /phone/v1: signed, bounded in time, with errors as Problems. Page and worker use it.

import { version } from 'authx:version'
import { type Bytes, utf8 } from './bytes.ts'
import { Problem } from './problem.ts'
import { signedHeaders } from './signature.ts'
import type { Clock } from './time.ts'

/** Who signs. */
export interface Signer {
  readonly phone: string
  readonly key: CryptoKeyPair
}

/** One call. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** After `/phone/v1`, with its query. */
  readonly path: string
  readonly body?: unknown
  readonly signer?: Signer
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** What the answer is read as. */
  readonly accept?: string
}

const TIMEOUT_MS = 15_000
export const CLIENT = `authx-web-phone/${version}`

/** The way to the server. */
export class Caller {
  constructor(
    private readonly clock: Clock,
    private readonly origin: string = location.origin,
    /** Called when the server wants a newer app (426). */
    private readonly tooOld: () => void = () => {},
  ) {}

  /** The JSON of the answer; nothing for 204. */
  async call<T>(call: Call): Promise<T> {
    const { signal, ended } = bounded(call.timeoutMs ?? TIMEOUT_MS, call.signal)
    try {
      const answer = await this.answered(call, signal)
      if (answer.status === 204) return undefined as T
      return await answer.json() as T
    } catch (thrown) {
      throw asProblem(thrown)
    } finally {
      ended()
    }
  }

  /** The answer, whose body is still to come; `signal` ends it. The time-out is for its beginning. */
  async open(call: Call, signal: AbortSignal): Promise<Response> {
    const beginning = bounded(call.timeoutMs ?? TIMEOUT_MS, signal)
    const whole = new AbortController()
    const abort = () => whole.abort()
    beginning.signal.addEventListener('abort', abort)
    signal.addEventListener('abort', abort)
    try {
      return await this.answered(call, whole.signal)
    } catch (thrown) {
      throw asProblem(thrown)
    } finally {
      beginning.signal.removeEventListener('abort', abort)
      beginning.ended()
    }
  }

  /** A good answer, after one correction of the clock where it is needed. */
  private async answered(call: Call, signal: AbortSignal): Promise<Response> {
    const first = await this.send(call, signal)
    if (first.ok) return first
    const problem = await problemOf(first)
    if (problem.code === 'clock' && call.signer !== undefined && this.corrected(problem, first)) {
      const second = await this.send(call, signal)
      if (second.ok) return second
      throw await problemOf(second)
    }
    if (problem.status === 426) this.tooOld()
    throw problem
  }

  private async send({ method = 'GET', path, body, signer, accept }: Call, signal: AbortSignal): Promise<Response> {
    const url = new URL(`/phone/v1${path}`, this.origin)
    const bytes: Bytes = body === undefined ? new Uint8Array(0) : utf8(JSON.stringify(body))
    const headers: Record<string, string> = signer === undefined
      ? { 'authx-client': CLIENT }
      : await signedHeaders({ method, url, body: bytes, client: CLIENT }, signer.phone, signer.key, this.clock.nowSecs())
    if (body !== undefined) headers['content-type'] = 'application/json'
    headers['accept'] = accept ?? 'application/json'
    return fetch(url, {
      method, headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
      ...(body === undefined ? {} : { body: bytes }),
    })
  }

  private corrected(problem: Problem, answer: Response): boolean {
    const { now, server_time } = problem.members
    const said = typeof now === 'string' ? Date.parse(now)
      : typeof server_time === 'number' ? server_time * 1_000
        : Date.parse(answer.headers.get('date') ?? '')
    if (!Number.isFinite(said)) return false
    this.clock.correct(said)
    return true
  }
}

/** A signal that aborts after a time or with another one; `ended` lets both go. */
function bounded(ms: number, outer?: AbortSignal): { signal: AbortSignal; ended: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const timer = setTimeout(abort, ms)
  if (outer?.aborted === true) abort()
  outer?.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    ended: () => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
    },
  }
}

/** RFC 9457, or what stands in its place. */
async function problemOf(answer: Response): Promise<Problem> {
  const after = Number(answer.headers.get('retry-after') ?? NaN)
  const retryAfter = Number.isFinite(after) ? after : undefined
  const members = await answer.json().catch(() => undefined) as Record<string, unknown> | undefined
  const own = answer.status === 426 ? 'client_too_old' : answer.status >= 500 ? 'unreachable' : 'not_understood'
  const code = typeof members?.['code'] === 'string' ? members['code'] : own
  const detail = typeof members?.['detail'] === 'string' ? members['detail'] : ''
  return new Problem(code, answer.status, detail, members, retryAfter)
}

function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof SyntaxError) return new Problem('not_understood', 0, 'the answer is not JSON')
  return new Problem('unreachable', 0, String(thrown))
}
