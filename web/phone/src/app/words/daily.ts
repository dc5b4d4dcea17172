// What is read every day: codes, requests, their history.

import type { Outcome } from '../../core/index.ts'
import { capital, count, listed, tries } from './grammar.ts'
import { outcomes } from './refusals.ts'

export const codes = {
  title: 'Codes',
  add: 'Add',
  checkNow: 'Check now',
  reach: 'Requests reach this phone',
  unreachable: (since: string) => `Not reachable since ${since}`,
  unreachableOne: (name: string, since: string) => `${name}: not reachable since ${since}`,
  notReached: 'No request yet',
  noticesOff: 'Notifications are off',
  turnOn: 'Turn on',
  offline: 'Offline: codes still work',
  checked: (n: number) => n === 0 ? 'Checked: nothing waits for you.' : `${capital(count(n, 'request'))} waiting.`,
  checkFailed: (names: readonly string[]) => `${listed(names)} did not answer. Codes still work.`,
  codeSpoken: (code: string) => `Code ${[...code].join(' ')}, tap to copy`,
  next: 'Next',
  copied: (name: string) => `Code of ${name} copied`,
  copiedNext: (name: string, secs: number) => `Next code of ${name} copied. It counts in ${secs} s.`,
  notCopied: 'The code was not copied. Read it and type it.',
  hint: 'Tap a code to copy it. Codes work without a network.',
  locked: 'unlock to show',
  lockFirst: 'set up the app lock to show',
  unlock: 'Unlock codes',
  goneLine: 'Moved or removed: its codes no longer count',
  pendingLine: 'Not finished: compare the four words',
  search: 'Search accounts',
  found: (n: number, of: number) => `${n} of ${of}`,
  none: (query: string) => `No account matches “${query}”.`,
  noneHelp: 'Search looks at names of companies, users and applications.',
  clear: 'Clear search',
  empty: 'Add your first account',
  emptyHelp: 'Your administrator sends an invitation with a QR code. It takes about two minutes: scan it, prove it is you, compare four words.',
  scan: 'Scan the QR code',
  type: 'Type the eight characters',
  lost: 'My accounts were here before',
  updateReady: 'A new version is ready',
  updateLoad: 'Load it',
  lockDue: (names: readonly string[]) => `${listed(names)} ${names.length === 1 ? 'asks' : 'ask'} for the app lock`,
  lockDueHelp: 'Until it is set up, its codes stay hidden and it takes no approval.',
  lockSet: 'Set up the app lock',
} as const

export const lost = {
  title: 'Accounts that were here are gone',
  body: 'Browsers sometimes clear what a page keeps: after “Clear browsing data”, on a full phone, or after weeks without use. The keys cannot be brought back, and nobody else has them.',
  deedTitle: 'What to do',
  steps: [
    'Ask your administrator for a new invitation. The old phone entry is removed there.',
    'Install AuthX on the home screen: installed apps keep their data.',
    'Add each account again. It takes two minutes each.',
  ],
  scan: 'Scan a new invitation',
} as const

export const request = {
  title: (app: string) => `Sign in to ${app}?`,
  word: 'Request',
  several: (at: number, of: number) => `${at} of ${of}`,
  matchLabel: 'Type the number shown at your VPN prompt',
  matchHint: 'Six digits. Approve is possible after the sixth.',
  pad: 'Digits',
  deleteDigit: 'Delete last digit',
  approve: (app: string) => `Approve sign-in to ${app}`,
  notMe: 'Not me',
  changed: 'Changed my mind',
  wrong: (left: number) => `Not the number at the prompt. ${tries(left)}`,
  replaced: 'The VPN client tried again: type the number it shows now.',
  replacedNoNumber: 'The VPN client tried again: the same sign-in, asked anew.',
  noNumber: 'No number is asked for here. Approve only if you are signing in at this moment.',
  verify: 'Your phone asks for your fingerprint, face or PIN before the approval leaves.',
  unanswered: 'The answer did not reach the server',
  unansweredHelp: 'Nothing has been decided yet. Check the network, then answer again while time is left.',
  codeIntro: 'Your VPN client cannot show a number. AuthX gives you a code to type there.',
  showCode: 'Show the code',
  codeTitle: (app: string) => `Code for ${app}`,
  codeSteps: ['Connect again.', 'In the password field type your password, a comma and the code.'],
  codeOnce: 'It counts once, only from the network of the request.',
  codeOver: 'The code is over',
  codeOverHelp: 'Connect again, then AuthX asks again.',
  codeSpoken: (code: string) => `Code ${[...code].join(' ')}`,
} as const

export const caller = {
  title: (agent: string) => `${agent} checks that it is you`,
  body: (company: string, user: string) => `The help desk of ${company} is on the telephone with somebody who says they are ${user}. Is that you?`,
  show: 'Show the digits',
  hear: 'First the help desk reads this to you. If they read anything else, hang up.',
  read: 'Then read this to them:',
  spoken: (digits: string) => [...digits].join(' '),
  nobody: 'I am not on the telephone',
  denied: 'Ended. The help desk sees that it was not you.',
  over: 'The help desk’s check is over.',
} as const

export const ended = {
  title: (outcome: Outcome | undefined): string => {
    switch (outcome) {
      case 'expired': return 'This request has expired'
      case 'cancelled': return 'The VPN client ended this sign-in'
      case 'approved': return 'Approved already'
      case 'denied': return 'Ended already'
      case 'fraud': return 'Reported already'
      case 'wrong_number': return 'Ended after a wrong number'
      case 'elsewhere': case 'code_used': return 'Answered elsewhere'
      case 'code_shown': return 'A code was shown for it'
      case 'replaced': return 'The VPN client tried again'
      case undefined: return 'This request is no longer open'
    }
  },
  help: (outcome: Outcome | undefined, app: string, time: string): string => {
    switch (outcome) {
      case 'expired': return `${app} asked at ${time}. Start again at the VPN prompt if it was you.`
      case 'cancelled': return `${app} asked at ${time}. Nothing is left to answer.`
      case 'approved': return 'Another of your phones, or another page, approved it.'
      case 'elsewhere': return 'A code was typed, or another of your phones answered.'
      case 'code_used': return 'The code was typed, and it counted.'
      default: return `${app} asked at ${time}. History shows how it ended.`
    }
  },
  next: 'Show the next request',
} as const

export const notMe = {
  title: 'Who is signing in?',
  body: (user: string, app: string, time: string) => `Somebody typed ${user}’s password for ${app} at ${time}. Nobody has been let in.`,
  report: 'Not me: stop and report it',
  consequences: [
    'The sign-in ends now.',
    'Push is locked for the time your company has set, a day as a rule. Codes still work.',
    'Your administrators are told. Change your password.',
  ],
  changed: 'It was me, I changed my mind',
  back: 'Back to the request',
} as const

export const result = {
  approved: 'Approved',
  approvedBody: (app: string, user: string, time: string) => `${app} let ${user} in at ${time}. You can put the phone away.`,
  matched: 'Number matched, signed by this phone',
  signed: 'Signed by this phone',
  verified: 'with your fingerprint, face or PIN',
  mistake: 'I did not mean to: end this session',
  endedTitle: 'Session ended',
  endedBody: (app: string, user: string) => `${app} ends the session of ${user}. If somebody else was signing in, change your password.`,
  denied: 'Sign-in ended',
  deniedBody: (app: string) => `${app} let nobody in. Nothing was reported.`,
  fraud: 'Stopped and reported',
  fraudBody: (app: string) => `${app} let nobody in. Your administrators are told.`,
  fraudNext: ['Change your password: somebody else knows it.', 'Push is locked for now. Codes still work.'],
  wrong: 'Sign-in ended: wrong number',
  wrongBody: (app: string) => `The number did not match. ${app} let nobody in. Start again at the VPN prompt and compare the number.`,
} as const

export const history = {
  title: 'History',
  foot: 'The last 50 requests on this phone.',
  empty: 'No requests yet',
  emptyHelp: 'When a VPN asks this phone, the request stands here afterwards, with its support code.',
  entryTitle: 'Request',
  offline: 'Offline: this is how it stood last time.',
  outcome: (outcome: Outcome, address: string | undefined) =>
    outcome === 'fraud' && address !== undefined ? `${outcomes.fraud} · ${address}` : outcomes[outcome],
  gone: 'This request is no longer in the history',
} as const
