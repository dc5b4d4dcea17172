// A process that is told what to do in lines of JSON and answers each in one line, in any order:
// {"id": 1, "command": "goto", …} → {"id": 1, "value": …} or {"id": 1, "error": "…", …}.
import readline from 'node:readline'

/** @typedef {(wish: any) => unknown} Handler */

/** A failure with more to tell than its text. */
export class Failure extends Error {
  /** @param {string} text @param {Record<string, unknown>} more */
  constructor(text, more) {
    super(text)
    this.more = more
  }
}

/**
 * Serves until standard input ends, which it also does when whoever started this process dies.
 * @param {Record<string, Handler>} handlers
 * @param {() => unknown} finish what to end before the process does
 */
export function serve(handlers, finish) {
  const input = readline.createInterface({ input: process.stdin })
  const say = (/** @type {unknown} */ answer) => process.stdout.write(JSON.stringify(answer) + '\n')
  let ending = false
  const open = new Set()
  const end = async () => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(1), 8_000).unref()
    // What was said last is done, such as leaving a picture.
    await Promise.race([Promise.all(open), new Promise(resolve => setTimeout(resolve, 4_000))])
    await Promise.resolve().then(finish).catch(error => console.error(error))
    process.exit(0)
  }
  input.on('line', line => {
    const answering = answer(JSON.parse(line)).finally(() => open.delete(answering))
    open.add(answering)
  })
  const answer = async (/** @type {any} */ { id, command, ...wish }) => {
    try {
      const handler = handlers[command]
      if (!handler) throw new Error(`no such command: ${command}`)
      say({ id, value: (await handler(wish)) ?? null })
    } catch (error) {
      const told = error instanceof Failure ? error.more : {}
      say({ id, error: error instanceof Error ? error.message : String(error), ...told })
    }
  }
  input.on('close', end)
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('unhandledRejection', error => console.error('unhandled', error))
}

/**
 * Asks until there is an answer other than undefined, null and false.
 * @template T
 * @param {string} what for the error
 * @param {number} patience in milliseconds
 * @param {() => T | Promise<T>} ask
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, patience, ask) {
  const deadline = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${patience} ms`)
    await new Promise(resolve => setTimeout(resolve, 40))
  }
}
