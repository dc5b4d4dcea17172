// text/event-stream out of a fetch: EventSource could not be signed.

/** One event of the stream. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
  readonly id?: string
}

/** Takes the text of a stream as it comes and gives whole events; comments give none. */
export class EventReader {
  private rest = ''
  private event = ''
  private data: string[] = []
  private id: string | undefined

  read(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    return lines.flatMap(line => this.line(line))
  }

  private line(line: string): ServerEvent[] {
    if (line === '') return this.dispatch()
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'event') this.event = value
    else if (name === 'data') this.data.push(value)
    else if (name === 'id') this.id = value
    return []
  }

  private dispatch(): ServerEvent[] {
    const { event, data, id } = this
    this.event = ''
    this.data = []
    if (data.length === 0) return []
    return [{ event: event === '' ? 'message' : event, data: data.join('\n'), ...(id === undefined ? {} : { id }) }]
  }
}

/**
 * Hands over the events of a body until it ends, and returns then.
 *
 * @throws what the body's reading throws; a plain Error when for `silenceMs()` no byte came
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>, silenceMs: () => number, found: (event: ServerEvent) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const events = new EventReader()
  try {
    for (;;) {
      const { done, value } = await within(silenceMs(), reader.read())
      if (done) return
      for (const event of events.read(decoder.decode(value, { stream: true }))) found(event)
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('silence')), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
