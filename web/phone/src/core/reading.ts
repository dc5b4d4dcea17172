// Reads what people type and scan. Pure.

import type { Account, Link } from './phone.ts'
import { Problem } from './problem.ts'

/**
 * What was typed or scanned: a link of this app, a bare token, or eight characters in any case with
 * or without a hyphen. Eight characters count as an invitation; the server knows better.
 *
 * @throws Problem `no_invitation`
 */
export function readEntered(text: string): Extract<Link, { token: string }> {
  const bare = text.trim()
  const found = readFragment(bare.includes('#') ? bare.slice(bare.indexOf('#')) : `#${bare}`)
  if (found !== undefined && found.kind !== 'requests') return found
  const short = bare.toUpperCase().replace(/[\s-]/g, '')
  if (/^[0-9A-Z]{8}$/.test(short)) return { kind: 'invitation', token: `${short.slice(0, 4)}-${short.slice(4)}` }
  throw new Problem('no_invitation')
}

/** What stands behind the `#` of the app's address. */
export function readFragment(fragment: string): Link | undefined {
  if (fragment === '#requests') return { kind: 'requests' }
  const token = /^#(ax[ie]_[\w-]{20,100})$/.exec(fragment)?.[1]
  if (token === undefined) return undefined
  return { kind: token.startsWith('axe_') ? 'move' : 'invitation', token }
}

/** The six digits in what was typed; absent while there are not exactly six. */
export function readDigits(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[\s-]/g, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}

/** The name to show for an account. */
export function shownName(account: Pick<Account, 'label' | 'tenant'>): string {
  return account.label ?? account.tenant.name
}

/** The accounts in which every word of the query begins a word, in their order. */
export function search<A extends Pick<Account, 'label' | 'tenant' | 'user' | 'applications'>>(
  accounts: readonly A[], query: string,
): readonly A[] {
  const wanted = words(query)
  if (wanted.length === 0) return accounts
  return accounts.filter(account => {
    const names = [account.label ?? '', account.tenant.name, account.user.name, ...account.applications.map(a => a.name)]
    const there = names.flatMap(words)
    return wanted.every(word => there.some(name => name.startsWith(word)))
  })
}

function words(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.split(/[^\p{L}\p{N}]+/u).filter(word => word !== '')
}
