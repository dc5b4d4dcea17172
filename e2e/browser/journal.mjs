// What a browser said and asked for while a test ran.

/** @typedef {{ at: number, type: string, text: string, where: string }} Line */
/** @typedef {{ at: number, method: string, url: string, status?: number, fromWorker: boolean, byWorker: boolean }} Request */

export class Journal {
  /** @type {Line[]} */
  console = []
  /** @type {Request[]} */
  network = []

  /** @param {string} type @param {string} text @param {string} where */
  said(type, text, where = '') {
    this.console.push({ at: Date.now(), type, text, where })
  }

  /** An error that nobody caught. @param {string} text */
  failed(text) {
    this.said('uncaught', text)
  }

  /** @param {string} method @param {string} url @param {boolean} byWorker */
  asked(method, url, byWorker) {
    this.network.push({ at: Date.now(), method, url, fromWorker: false, byWorker })
  }

  /** @param {string} method @param {string} url @param {number} status 0 when none came @param {boolean} fromWorker */
  answered(method, url, status, fromWorker) {
    const open = this.network.findLast(one => one.method === method && one.url === url && one.status === undefined)
    if (open) Object.assign(open, { status, fromWorker })
  }

  /** What no test may see: errors, and all that the page's policy stopped. */
  complaints() {
    return this.console
      .filter(({ type, text }) => type === 'uncaught' || POLICY.test(text) || (type === 'error' && !ANSWER.test(text)))
      .map(({ type, text, where }) => `${type}: ${text}${where && ` (${where})`}`)
  }
}

const POLICY = /Content[- ]Security[- ]Policy|Trusted ?(?:Type|Script|HTML)/i
// A status other than 2xx and a network that is away: every browser calls that an error.
const ANSWER = /^Failed to load resource|net::ERR_|status of \d{3}|NetworkError when attempting/
