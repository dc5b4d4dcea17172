import assert from 'node:assert/strict'
import test from 'node:test'
import { EventReader, readEvents, type ServerEvent } from '../src/core/stream.ts'

const TEXT = ': hello\n\nevent: requests\nid: 7\ndata: {"a":\ndata: 1}\n\n:\r\n\r\ndata:x\r\n\r\nevent: empty\n\n'
const EVENTS = [{ event: 'requests', data: '{"a":\n1}', id: '7' }, { event: 'message', data: 'x', id: '7' }]

test('events are whole wherever the network cuts them', () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const reader = new EventReader()
    const events = [...reader.read(TEXT.slice(0, cut)), ...reader.read(TEXT.slice(cut))]
    assert.deepEqual(events, EVENTS, `cut at ${cut}`)
  }
  const reader = new EventReader()
  assert.deepEqual([...TEXT].flatMap(letter => reader.read(letter)), EVENTS)
})

test('silence ends a stream, comments do not', async () => {
  const encoder = new TextEncoder()
  let write: ReadableStreamDefaultController<Uint8Array> | undefined
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    start(controller) { write = controller },
    cancel() { cancelled = true },
  })
  const events: ServerEvent[] = []
  const ended = readEvents(body, () => 80, event => events.push(event)).then(() => 'end', error => String(error))
  for (let i = 0; i < 4; i += 1) {
    await new Promise(resolve => setTimeout(resolve, 40))
    write!.enqueue(encoder.encode(': still here\n\n'))
  }
  write!.enqueue(encoder.encode('data: ä\n\n').slice(0, 7))
  write!.enqueue(encoder.encode('data: ä\n\n').slice(7))
  assert.equal(await ended, 'Error: silence')
  assert.ok(cancelled, 'the connection is let go')
  assert.deepEqual(events.map(event => event.data), ['ä'])
})
