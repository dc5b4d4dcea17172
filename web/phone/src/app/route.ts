// Where in the app the user is: the address behind `#`, so that back and reload work.

import { signal } from '@preact/signals'

export type Route = readonly [page: string, ...rest: string[]]

function read(): Route {
  const [page = '', ...rest] = location.hash.slice(1).split('/')
  return [page === '' ? 'codes' : page, ...rest]
}

export const route = signal<Route>(read())

addEventListener('hashchange', () => { route.value = read() })

/** Goes to a page of the app. */
export function go(to: `#${string}`) {
  location.hash = to
}

/** Goes to a page and leaves none behind: back does not lead here again. */
export function goInstead(to: `#${string}`) {
  history.replaceState(null, '', to)
  route.value = read()
}
