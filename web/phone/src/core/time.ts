// The server's time, as well as the phone knows it. A phone with a wrong clock is not locked out.

/** A clock with its error. */
export class Clock {
  /** `offset`: server's time minus the phone's, in ms. */
  constructor(private offset = 0, private readonly tell: (offset: number) => void = () => {}) {}

  /** ms since 1970. */
  now(): number {
    return Date.now() + this.offset
  }

  nowSecs(): number {
    return Math.floor(this.now() / 1_000)
  }

  /** The server said its time, in ms, when the phone's clock showed `seenAt`. */
  correct(serverMs: number, seenAt = Date.now()): void {
    if (!Number.isFinite(serverMs)) return
    const error = serverMs - seenAt
    // A slow network makes small errors; a clock that is right stays untouched.
    const offset = Math.abs(error) < 2_000 ? 0 : error
    if (offset === this.offset) return
    this.offset = offset
    this.tell(offset)
  }
}

/** Resolves after that time, or at once when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
