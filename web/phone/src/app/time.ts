// Times as people say them: "today, 14:32", "Tuesday, 08:12", "3 August".

import { locale, words } from './words.ts'

const DAY = 86_400_000
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const seconds = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' })
const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' })
const dateOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' })
const heading = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })

/** Milliseconds since 1970 of a time of the wire. */
export function at(time: string): number {
  return Date.parse(time)
}

/** `14:32`. */
export function clockTime(ms: number): string {
  return clock.format(ms)
}

/** `14:32:08`. */
export function clockSeconds(ms: number): string {
  return seconds.format(ms)
}

/** Whole calendar days between two times in this place; yesterday is 1. */
function daysBefore(ms: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  return Math.round((midnight(now) - midnight(ms)) / DAY)
}

/** `today`, `yesterday`, `Tuesday`, `3 August`, `3 August 2025`. */
export function day(ms: number, now: number): string {
  const before = daysBefore(ms, now)
  if (before === 0) return words.today
  if (before === 1) return words.yesterday
  if (before === -1) return words.tomorrow
  if (before > 0 && before < 7) return weekday.format(ms)
  return new Date(ms).getFullYear() === new Date(now).getFullYear() ? date.format(ms) : dateOfYear.format(ms)
}

/** `today, 14:32`. */
export function when(ms: number, now: number): string {
  return `${day(ms, now)}, ${clockTime(ms)}`
}

/** `today, 14:32:08`: only where the second tells two requests apart. */
export function whenExactly(ms: number, now: number): string {
  return `${day(ms, now)}, ${clockSeconds(ms)}`
}

/** `Today`, `Yesterday`, `Saturday 21 November`. */
export function dayHeading(ms: number, now: number): string {
  const before = daysBefore(ms, now)
  if (before > 1 || before < 0) return heading.format(ms).replace(',', '')
  const word = day(ms, now)
  return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1)
}

/** `20 seconds ago`, `2 minutes ago`, `3 hours ago`; from a day on the day itself is said. */
export function ago(ms: number, now: number): string {
  const past = Math.max(0, Math.round((now - ms) / 1000))
  if (past < 2) return words.justNow
  if (past < 60) return relative.format(-past, 'second')
  if (past < 3600) return relative.format(-Math.floor(past / 60), 'minute')
  if (past < 86_400) return relative.format(-Math.floor(past / 3600), 'hour')
  return when(ms, now)
}
