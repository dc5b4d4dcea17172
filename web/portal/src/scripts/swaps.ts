// How parts that htmx brings come into a page: never while somebody is in them, never without focus
// staying where it was, and a list that is filtered says how many there are.

import htmx from 'htmx.org'
import { morph } from './morph.ts'
import { say } from './say.ts'

interface Request {
  readonly elt: Element
  readonly target: Element
  readonly xhr: XMLHttpRequest
  readonly select?: string
  readonly requestConfig: { readonly triggeringEvent?: Event; readonly path: string; readonly headers: Record<string, string> }
  serverResponse: string
  shouldSwap: boolean
  swapOverride?: string
}

/** Listens to htmx. */
export function calmSwaps(): void {
  htmx.defineExtension('morph', {
    isInlineSwap: style => style === 'morph',
    handleSwap(style, target, fragment) {
      const fresh = (fragment as DocumentFragment).firstElementChild
      if (style !== 'morph' || fresh === null) return false
      morph(target as Element, fresh)
      return [target]
    },
  })
  document.addEventListener('htmx:beforeRequest', event => {
    const { elt, target, requestConfig } = detail(event)
    if (isPoll(requestConfig) && elt.matches('[data-calm]:is(:hover, :focus-within)')) event.preventDefault()
    else target.setAttribute('aria-busy', 'true')
  })
  document.addEventListener('htmx:afterRequest', event => detail(event).target.removeAttribute('aria-busy'))
  document.addEventListener('htmx:beforeSwap', beforeSwap)
  document.addEventListener('htmx:afterSwap', event => {
    const { target, requestConfig } = detail(event)
    if (isPoll(requestConfig)) return
    const status = document.getElementById(target.id)?.querySelector('[data-status]')?.textContent
    if (status != null) say(status)
  })
}

function beforeSwap(event: Event): void {
  const request = detail(event)
  // The page has become another one (its first row came, or the session ended): show it whole.
  const wanted = request.elt.closest('[hx-select]')?.getAttribute('hx-select')
  if (request.xhr.status < 400 && wanted?.startsWith('#') === true && !request.serverResponse.includes(`id="${wanted.slice(1)}"`)) {
    request.shouldSwap = false
    location.reload()
    return
  }
  if (isPoll(request.requestConfig)) request.swapOverride = 'morph'
}

/** Nobody did anything: the page asked by itself. */
function isPoll({ triggeringEvent }: Request['requestConfig']): boolean {
  return triggeringEvent === undefined
}

function detail(event: Event): Request {
  return (event as CustomEvent<Request>).detail
}
