// Numbers and lists in English.

import type { Way } from '../../core/index.ts'

/** For dates and numbers: days before months, 24 hours. */
export const locale = 'en-GB'

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']

/** `four`, `13`. */
export function number(n: number): string {
  return numbers[n] ?? String(n)
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function listed(names: readonly string[]): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names)
}

export function tries(left: number): string {
  return left === 1 ? 'One try left.' : `${capital(number(left))} tries left.`
}

export const ways: Readonly<Record<Way, string>> = {
  push: 'by Web Push',
  live: 'while AuthX was open',
  poll: 'by asking',
}
