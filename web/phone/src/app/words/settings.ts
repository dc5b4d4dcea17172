// Settings, and moving to a new phone.

import type { Way } from '../../core/index.ts'
import { capital, count, listed, number, ways } from './grammar.ts'

export const settings = {
  title: 'Settings',
  to: 'Back to settings',
  nameHelp: 'Name shown to you and your administrators',
  lock: 'App lock',
  lockOn: 'Fingerprint, face or PIN before codes and approvals',
  lockRequired: (names: readonly string[]) => ` · required by ${listed(names)}`,
  lockOff: 'Codes show without a question',
  lockDue: 'Not set up yet',
  lockNone: 'This phone has no screen lock that AuthX can use',
  on: 'On', off: 'Off', due: 'Due',
  notices: 'Notifications',
  reached: (ago: string, way: Way | undefined) => way === undefined ? `Reached ${ago}` : `Reached ${ago} ${ways[way]}`,
  notReached: 'No request has reached this phone yet',
  noticesOff: 'Requests show only while AuthX is open',
  reachable: 'Reachable',
  unreachable: 'Unreachable',
  waiting: 'Not tried',
  accounts: 'Accounts',
  accountsHelp: (n: number) => `${capital(count(n, 'account'))}: rename, order, remove`,
  storage: 'Storage',
  storageKept: 'The browser keeps the keys until you remove them',
  storageLoose: 'The browser may clear the keys on a full phone. Install AuthX on the home screen.',
  storageUnknown: 'Not asked yet',
  kept: 'Kept', loose: 'Not promised',
  move: 'Move to a new phone',
  moveHelp: (n: number) => `${capital(count(n, 'account'))}, under a minute. This phone’s keys die.`,
  help: 'Get help',
  helpHelp: 'Shows your support code and last error',
  version: (version: string) => `AuthX ${version}`,
  current: 'Up to date',
  ready: 'A new version is ready',
  needed: 'Too old for the server',
  load: 'Load it',
  lockNow: 'Lock now',
} as const

export const name = {
  title: 'Name of this phone',
  label: 'Name',
  help: 'You and your administrators see it, also at the VPN prompt: “sent to Alice’s phone”.',
  empty: 'A phone without a name cannot be told from others. Try “Alice’s phone”.',
  save: 'Save name',
  saved: 'Name saved',
} as const

export const lock = {
  body: 'AuthX asks for your fingerprint, face or PIN before it shows codes and before an approval leaves. The picture of your finger or face stays in the phone.',
  on: 'The app lock is on',
  off: 'The app lock is off',
  grace: (secs: number) => secs === 0 ? 'Locks as soon as you leave AuthX.' : `Locks ${secs < 60 ? `${secs} s` : count(Math.round(secs / 60), 'minute')} after you leave AuthX.`,
  turnOn: 'Turn on the app lock',
  turnOff: 'Turn off the app lock',
  requiredBy: (names: readonly string[]) => `${listed(names)} ${names.length === 1 ? 'requires' : 'require'} it.`,
  keptOn: (names: readonly string[]) => `${listed(names)} ${names.length === 1 ? 'requires' : 'require'} it, so it cannot be turned off.`,
  none: 'This phone has no screen lock that AuthX can use',
  noneHelp: 'Set a PIN, fingerprint or face in the settings of the phone, then open AuthX again.',
  turnedOn: 'App lock turned on', turnedOff: 'App lock turned off',
} as const

export const notices = {
  body: 'A notification says that a sign-in waits. It names no user, no address and no number, also on a locked screen.',
  on: 'Notifications are on',
  off: 'Notifications are off',
  offHelp: 'Requests show only while AuthX is open. At the VPN prompt you can always type a code.',
  asking: 'Asking this phone',
  refused: 'Notifications are refused',
  refusedSteps: ['Open the settings of this phone.', 'Find AuthX, or this browser, under Notifications.', 'Allow them, then open AuthX again.'],
  unsupported: 'This browser has no notifications',
  unsupportedHelp: 'On an iPhone only the installed app has them: Share, then Add to Home Screen.',
  unanswered: 'The push service did not answer',
  unansweredHelp: 'The network may block it. Open AuthX to answer; try again on another network.',
  turnOn: 'Turn on notifications',
  turnOff: 'Turn off notifications',
  reachTitle: 'How requests reach this phone',
  never: 'no request yet',
  since: (time: string) => `not reachable since ${time}`,
  liveNow: 'AuthX is open: requests come at once',
} as const

export const accounts = {
  title: 'Accounts',
  up: (name: string) => `Move ${name} up`,
  down: (name: string) => `Move ${name} down`,
  movedTo: (name: string, at: number, of: number) => `${name}: place ${at} of ${of}`,
  open: 'Name opens its page. Arrows change the order.',
} as const

export const account = {
  label: 'Name on this phone',
  labelHelp: (tenant: string) => `Only you see it. Empty: ${tenant}.`,
  save: 'Save name',
  saved: 'Name saved',
  remove: 'Remove this account',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeBody: (apps: readonly string[], user: string) =>
    apps.length === 0 ? `${user} can no longer sign in with this phone.` : `${user} can no longer sign in to ${listed(apps)} with this phone.`,
  removeMore: 'Its keys are destroyed here and on the server. To come back you need a new invitation.',
  removeDeed: (name: string) => `Remove ${name}`,
  removeAnyway: 'Remove it here only',
  removeOffline: 'The server did not answer. Removed here only, the account stays in its list until an administrator removes it.',
  keep: 'Keep it',
  removed: (name: string) => `“${name}” removed.`,
  gone: 'This account no longer lives on this phone',
  goneHelp: 'It was moved to another phone or removed. Its codes and answers no longer count.',
  noApps: 'No application yet',
} as const

export const help = {
  title: 'Get help',
  body: 'Your help desk finds a login by its support code. Nothing below is secret.',
  lastRequest: 'Last request',
  none: 'No request yet',
  lastError: 'Last error',
  noError: 'None since AuthX was opened',
  version: 'Version',
  copy: 'Copy all for the help desk',
  label: 'Help text',
} as const

export const update = {
  oldTitle: 'A new version is needed',
  oldBody: 'The server no longer understands this AuthX. Your accounts and keys stay where they are; loading takes a few seconds.',
  load: 'Load the new version',
  codes: 'Show codes meanwhile',
} as const

export const broken = {
  title: 'AuthX could not open',
  help: 'Open it again. If it stays so, restart the browser; your keys stay where they are.',
  reload: 'Open again',
} as const

export const move = {
  title: 'Move to a new phone',
  intro: (n: number) => `${capital(count(n, 'account'))} ${n === 1 ? 'moves' : 'move'} to a new phone in under a minute. The new phone makes keys of its own; those on this phone are destroyed.`,
  start: 'Show the QR code',
  before: ['Have the new phone beside you, with a network.', 'On an iPhone, install AuthX on it first.', 'If somebody else asks you to do this, stop.'],
  scan: 'Scan this with the new phone',
  qr: 'QR code for the new phone',
  steps: (n: number) => [
    ['On the new phone:', ' open its camera, or Add in AuthX, and point it here.'],
    ['There:', ' check the names and press Move here.'],
    ['Done:', ` ${count(n, 'account')} ${n === 1 ? 'lives' : 'live'} there. The keys on this phone are destroyed.`],
  ] as readonly (readonly [string, string])[],
  nobody: 'Show this to nobody. Whoever scans it first gets your accounts.',
  cancel: 'Cancel the move',
  over: 'The QR code is over',
  overHelp: 'It lasts five minutes. Nothing was moved.',
  again: 'Show a new QR code',
  left: (names: readonly string[]) => `${listed(names)} cannot be moved now and ${names.length === 1 ? 'stays' : 'stay'} here.`,
  movedTitle: 'Moved',
  moved: (n: number) => `${capital(count(n, 'account'))} ${n === 1 ? 'lives' : 'live'} on the new phone. The keys on this phone are destroyed.`,
  clear: 'Clear this phone',
  nothing: 'No account to move',
  nothingHelp: 'Add an account first.',
  newTitle: (n: number) => n === 1 ? 'Move this account here?' : `Move these ${number(n)} accounts here?`,
  newBody: 'This phone makes keys of its own. Those on the old phone are destroyed.',
  here: 'Move here',
  moving: (done: number, of: number) => `${done} of ${of} moved`,
  newDone: (n: number) => `${capital(count(n, 'account'))} ${n === 1 ? 'lives' : 'live'} on this phone now. The old phone has no keys left.`,
} as const
