// Every text of the app in English. Another language is another module of this shape.
//
// No "please", no "oops", no exclamation mark. A refusal says what happened, what to do, and the
// support code last.

import type { Outcome, Problem, Way } from '../core/index.ts'

/** For dates and numbers: days before months, 24 hours. */
export const locale = 'en-GB'

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']

/** `four`, `13`. */
function number(n: number): string {
  return numbers[n] ?? String(n)
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names)
}

function tries(left: number): string {
  return left === 1 ? 'One try left.' : `${capital(number(left))} tries left.`
}

interface Refused {
  readonly title: string
  readonly advice: string
}

const refusals: Readonly<Record<string, Refused>> = {
  unreachable: { title: 'AuthX did not answer', advice: 'Check the network of this phone, then try again. Codes work without one.' },
  not_understood: { title: 'What answered was not AuthX', advice: 'This network may want a sign-in of its own. Open a web page, then try again.' },
  phone_gone: { title: 'This account no longer lives on this phone', advice: 'It was moved or removed. Ask your administrator for a new invitation.' },
  no_account: { title: 'This account is not on this phone', advice: 'Open AuthX again from its start page.' },
  not_open: { title: 'It is no longer open', advice: 'It was used, ended or took too long. Start again.' },
  install_first: { title: 'Install AuthX first', advice: 'The keys of a browser tab are not those of the installed app.' },
  no_invitation: { title: 'This is no AuthX invitation', advice: 'Scan the QR code of your invitation, or type its eight characters.' },
  class_not_allowed: { title: 'Your company does not allow this kind of phone', advice: 'Ask your administrator which phones are allowed.' },
  too_many_phones: { title: 'You have as many phones as your company allows', advice: 'Ask your administrator to remove one, then open the invitation again.' },
  wrong_code: { title: 'The server did not take the first code', advice: 'Set the clock of this phone to automatic, then try again.' },
  seed_damaged: { title: 'The secret for the codes did not arrive whole', advice: 'Start again on another network. If it happens twice, tell your help desk.' },
  no_screen_lock: { title: 'This phone has no screen lock that AuthX can use', advice: 'Set a PIN, fingerprint or face in the settings of the phone, then try again.' },
  not_verified: { title: 'The phone did not recognise you', advice: 'Nothing was sent. Try again.' },
  locked: { title: 'AuthX is locked', advice: 'Unlock it, then try again.' },
  notices_refused: { title: 'Notifications are refused for AuthX', advice: 'Allow them in the settings of this phone or browser, then open AuthX again.' },
  notices_unsupported: { title: 'This browser has no notifications', advice: 'Open AuthX to answer. Once installed it may have them.' },
  notices_unanswered: { title: 'The push service did not answer', advice: 'Notifications are off: open AuthX to answer. Try again on another network.' },
  no_storage: { title: 'This browser keeps nothing', advice: 'A private window forgets its keys when it closes. Open AuthX in an ordinary one.' },
  clock: { title: 'The clock of this phone is wrong', advice: 'Set it to automatic in the settings of the phone, then try again.' },
  client_too_old: { title: 'This AuthX is too old for the server', advice: 'Load the new version, then try again.' },
  lock_missing: { title: 'The app lock is not set up', advice: 'Your company requires it. Set it up in Settings, then try again.' },
  verification_needed: { title: 'The approval lacks your fingerprint, face or PIN', advice: 'Set up the app lock in Settings, then approve again.' },
  statement_differs: { title: 'The request changed while you answered', advice: 'Nothing was approved. Read it again, then answer.' },
}

const outcomes: Readonly<Record<Outcome, string>> = {
  approved: 'Approved by push',
  denied: 'Changed my mind',
  fraud: 'Not me, reported',
  wrong_number: 'Wrong number, ended',
  expired: 'Expired, not answered',
  cancelled: 'Ended at the VPN client',
  elsewhere: 'Answered elsewhere',
  replaced: 'The client tried again',
  code_shown: 'Code shown',
  code_used: 'Signed in with a code',
}

const ways: Readonly<Record<Way, string>> = {
  push: 'by Web Push',
  live: 'while AuthX was open',
  poll: 'by asking',
}

export const words = {
  skip: 'Skip to content',
  mainNavigation: 'Main',
  back: 'Back',
  today: 'today',
  yesterday: 'yesterday',
  tomorrow: 'tomorrow',
  justNow: 'just now',
  show: 'Show',
  hide: 'Hide',
  copy: 'Copy',
  copiedShort: 'Copied',
  copied: (label: string) => `${label} copied`,
  notCopied: 'Not copied: select the text instead.',
  undo: 'Undo',
  cancel: 'Cancel',
  done: 'Done',
  later: 'Later',
  tryAgain: 'Try again',
  opening: 'Opening AuthX',
  sayCode: 'If you call the help desk, say',
  secondsLeft: (n: number) => n === 1 ? '1 second left' : `${n} seconds left`,
  listed,
  way: (way: Way) => ways[way],
  spelled: (code: string) => [...code].join(' '),

  problem(problem: Problem): Refused {
    const known = refusals[problem.code]
    if (problem.code === 'slow_down') {
      const secs = problem.retryAfterSecs
      return { title: 'Too many tries', advice: secs === undefined ? 'Wait a minute, then try again.' : `Wait ${secs} s, then try again.` }
    }
    if (known !== undefined) return known
    return {
      title: 'AuthX could not do that',
      advice: problem.detail === '' ? 'Try again. If it stays so, call your help desk.' : problem.detail,
    }
  },

  facts: {
    user: 'User', from: 'From', with: 'With', asked: 'Asked', server: 'Server', company: 'Company', proof: 'Proof',
    support: 'Support', valid: 'Valid', apps: 'For', phone: 'Phone', at: 'At', ended: 'Ended', error: 'Error', reached: 'Reached', id: 'Id',
    newNetwork: 'A network you have not used before',
    newNetworkThen: 'A network that was new then',
    noAddress: 'Not known',
    atServer: (name: string) => `at ${name}`,
    noProgram: 'A client that did not say its name',
    supportHelp: 'names this login to the help desk',
    until: (time: string) => `until ${time}`,
    opensOnce: 'Opening this page uses nothing up',
  },

  codes: {
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
  },

  lost: {
    title: 'Accounts that were here are gone',
    body: 'Browsers sometimes clear what a page keeps: after “Clear browsing data”, on a full phone, or after weeks without use. The keys cannot be brought back, and nobody else has them.',
    deedTitle: 'What to do',
    steps: [
      'Ask your administrator for a new invitation. The old phone entry is removed there.',
      'Install AuthX on the home screen: installed apps keep their data.',
      'Add each account again. It takes two minutes each.',
    ],
    scan: 'Scan a new invitation',
  },

  request: {
    title: (app: string) => `Sign in to ${app}?`,
    several: (at: number, of: number) => `Request ${at} of ${of}`,
    matchLabel: 'Type the number shown at your VPN prompt',
    matchHint: 'Six digits. Approve is possible after the sixth.',
    pad: 'Digits',
    deleteDigit: 'Delete last digit',
    approve: (app: string) => `Approve sign-in to ${app}`,
    notMe: 'Not me',
    changed: 'Changed my mind',
    wrong: (left: number) => `Not the number at the prompt. ${tries(left)}`,
    replaced: 'The VPN client tried again',
    replacedHelp: 'What you typed was cleared. Type the number it shows now.',
    replacedNoNumber: 'It is the same sign-in, asked anew.',
    noNumber: 'No number is asked for here. Approve only if you are signing in at this moment.',
    verify: 'Your phone asks for your fingerprint, face or PIN before the approval leaves.',
    verifying: 'Waiting for your fingerprint, face or PIN',
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
    hidden: 'Finish',
    next: 'Next request',
  },

  ended: {
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
  },

  notMe: {
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
  },

  result: {
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
  },

  history: {
    title: 'History',
    foot: 'The last 50 requests on this phone.',
    empty: 'No requests yet',
    emptyHelp: 'When a VPN asks this phone, the request stands here afterwards, with its support code.',
    entryTitle: 'Request',
    offline: 'Offline: this is how it stood last time.',
    outcome: (outcome: Outcome, address: string | undefined) =>
      outcome === 'fraud' && address !== undefined ? `${outcomes.fraud} · ${address}` : outcomes[outcome],
    gone: 'This request is no longer in the history',
  },

  settings: {
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
  },

  name: {
    title: 'Name of this phone',
    label: 'Name',
    help: 'You and your administrators see it, also at the VPN prompt: “sent to Alice’s phone”.',
    empty: 'A phone without a name cannot be told from others. Try “Alice’s phone”.',
    save: 'Save name',
    saved: 'Name saved',
  },

  lock: {
    body: 'AuthX asks for your fingerprint, face or PIN before it shows codes and before an approval leaves. The picture of your finger or face stays in the phone.',
    on: 'The app lock is on',
    off: 'The app lock is off',
    grace: (secs: number) => secs === 0 ? 'Locks as soon as you leave AuthX.' : `Locks ${secs < 60 ? `${secs} s` : count(Math.round(secs / 60), 'minute')} after you leave AuthX.`,
    turnOn: 'Turn on the app lock',
    turnOff: 'Turn off the app lock',
    requiredBy: (names: readonly string[]) => `${listed(names)} ${names.length === 1 ? 'requires' : 'require'} it, so it cannot be turned off.`,
    none: 'This phone has no screen lock that AuthX can use',
    noneHelp: 'Set a PIN, fingerprint or face in the settings of the phone, then open AuthX again.',
    turnedOn: 'App lock turned on', turnedOff: 'App lock turned off',
  },

  notices: {
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
  },

  accounts: {
    title: 'Accounts',
    up: (name: string) => `Move ${name} up`,
    down: (name: string) => `Move ${name} down`,
    movedTo: (name: string, at: number, of: number) => `${name}: place ${at} of ${of}`,
    open: 'Name opens its page. Arrows change the order.',
  },

  account: {
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
    id: 'Id of this phone',
    noApps: 'No application yet',
  },

  help: {
    title: 'Get help',
    body: 'Your help desk finds a login by its support code. Nothing below is secret.',
    lastRequest: 'Last request',
    none: 'No request yet',
    lastError: 'Last error',
    noError: 'None since AuthX was opened',
    ids: 'Phone ids',
    version: 'Version',
    browser: 'Browser',
    copy: 'Copy all for the help desk',
    label: 'Help text',
  },

  update: {
    oldTitle: 'A new version is needed',
    oldBody: 'The server no longer understands this AuthX. Your accounts and keys stay where they are; loading takes a few seconds.',
    load: 'Load the new version',
    codes: 'Show codes meanwhile',
  },

  broken: {
    title: 'AuthX could not open',
    help: 'Open it again. If it stays so, restart the browser; your keys stay where they are.',
    reload: 'Open again',
  },

  move: {
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
    partly: 'Some accounts did not come along',
    partlyHelp: 'They still live on the old phone. Show a new QR code there.',
  },

  arrive: {
    step: (at: number) => `Step ${at} of 3`,
    looking: 'Reading the invitation',
    title: (tenant: string) => `Add ${tenant} to this phone`,
    body: (user: string) => `After that ${user} can sign in with a code from this phone, or approve sign-ins on it. It takes about two minutes.`,
    stepsPassword: ['Type your VPN password.', 'Compare four words with your computer, or with your administrator.', 'Turn on notifications.'],
    stepsCode: ['Type the separate code you were given.', 'Compare four words with your computer, or with your administrator.', 'Turn on notifications.'],
    stepsNone: ['Name this phone.', 'Compare four words with your computer, or with your administrator.', 'Turn on notifications.'],
    start: 'Start',
    installTitle: 'Install AuthX first',
    installHelp: 'Installed, it opens from the home screen, keeps its keys for good and shows notifications.',
    install: 'Install AuthX',
    onHere: 'Go on without installing',
    menuSteps: ['Open the menu of the browser.', 'Choose “Install app” or “Add to Home screen”.', 'Open AuthX from the home screen, or go on here.'],
    iosBody: 'On an iPhone or iPad the keys must live in the installed app. This page uses nothing up: your invitation stays good.',
    iosShare: 'Tap Share in the bar of Safari.',
    iosAdd: 'Choose “Add to Home Screen”, then Add.',
    iosOpen: 'Open AuthX from the home screen and tap Add.',
    iosScan: 'Scan the QR code of your invitation, or type its eight characters.',
    shortLabel: 'Eight characters of your invitation',
    shortElsewhere: 'The eight characters stand in your invitation.',
    overTitle: 'This invitation is not open',
    overBody: 'It is unknown, used or over: invitations last seven days and work once.',
    overSteps: 'Ask your administrator for a new one. Nothing on this phone has changed.',
    offlineTitle: 'The invitation could not be read',
    deskTitle: 'Scan this with your phone',
    deskBody: (tenant: string, user: string) => `It adds ${user} of ${tenant} to AuthX on your phone. Leave this page open: it will show four words to compare.`,
    deskQr: 'QR code of the invitation',
    deskSteps: [
      'Point the camera of your phone here and open the link.',
      'Install AuthX as the phone explains. On an iPhone open it, tap Add and scan again, or type the eight characters.',
      'Come back here and compare four words.',
    ],
    deskHere: 'Use this browser as the phone',
    deskWaiting: 'Waiting for your phone',
    deskWords: 'Do both screens show these four words?',
    deskWordsBody: (phone: string) => `“${phone}” asks to be added. Compare with the phone one by one, and answer on the phone.`,
    deskDiffer: 'If one word differs, press “They differ: stop” on the phone and tell your help desk.',
    deskDone: (phone: string) => `“${phone}” is ready`,
    deskDoneBody: 'You can close this page. At the VPN prompt type a code from the phone, or push.',
  },

  prove: {
    titlePassword: 'Type your VPN password',
    titleCode: 'Type the separate code',
    bodyPassword: (user: string, tenant: string) => `Of ${user} at ${tenant}. It proves that the invitation reached the right person.`,
    bodyCode: (tenant: string) => `${tenant} gave it to you apart from the invitation: on paper, by telephone, or in person.`,
    password: 'Password',
    code: 'Code',
    emptyPassword: 'Nothing was typed. Type the password you use for the VPN.',
    emptyCode: 'Nothing was typed. The code has eight digits, such as 1234 5678.',
    go: 'Continue',
    wrongPassword: (left: number) => left === 0 ? 'Wrong password. The invitation has ended.' : `Wrong password. ${tries(left)}`,
    wrongCode: (left: number) => left === 0 ? 'Wrong code. The invitation has ended.' : `Wrong code. ${tries(left)}`,
    deadTitle: 'The invitation has ended',
    deadBody: 'Five wrong answers end it, so that nobody can guess. Ask your administrator for a new one.',
  },

  compare: {
    title: 'Do both screens show these four words?',
    body: (tenant: string) => `Your computer shows four words for ${tenant}. Compare them one by one.`,
    noComputer: 'No computer at hand? Read the words to your administrator, who sees them too.',
    same: 'All four are the same',
    differ: 'They differ: stop',
    warn: 'If one word differs, somebody stands between this phone and the server. Stop, and tell your help desk.',
    stoppedTitle: 'Stopped',
    stoppedBody: 'The keys made here are destroyed, here and on the server. Nothing was added.',
    stoppedNext: 'Tell your help desk that the four words differed, and ask for a new invitation.',
    unfinishedTitle: (tenant: string) => `${tenant} is not finished`,
    unfinishedBody: 'The four words were not compared, so nothing counts yet.',
    startAgain: 'Start again',
    startAgainHelp: 'The keys made here are destroyed. Open the invitation again for new ones.',
  },

  after: {
    noticesTitle: 'Turn on notifications?',
    noticesBody: 'Without them a sign-in only shows while AuthX is open. A notification names no user, no address and no number.',
    lockTitle: 'Set up the app lock?',
    lockTitleRequired: (tenant: string) => `${tenant} requires the app lock`,
    doneTitle: 'This phone is ready',
    doneBody: (tenant: string) => `Next time you sign in to ${tenant}, the VPN prompt asks for a code or the word push.`,
    doneCode: 'Type a code from this phone, or type push.',
    donePush: 'With push: compare the number and approve here.',
    codes: 'Show codes',
  },

  add: {
    title: 'Scan the QR code',
    stop: 'Stop',
    hint: 'Point the camera at the code of your invitation, or of your old phone',
    starting: 'Starting the camera',
    other: 'This is another code: scan the one of your invitation',
    picture: 'Camera picture with a frame for the QR code',
    noPicture: 'No picture is kept.',
    type: 'Type the eight characters',
    refusedTitle: 'AuthX may not use the camera',
    refusedBody: 'Allow the camera for AuthX in the settings of this phone or browser, then try again. Or type the eight characters: they do the same.',
    noneTitle: 'No camera was found',
    noneBody: 'Type the eight characters of your invitation: they do the same as the QR code.',
    busyTitle: 'Another app uses the camera',
    busyBody: 'Close it, then try again. Or type the eight characters: they do the same.',
    typeTitle: 'Type the eight characters',
    typeBody: 'They stand under the QR code of your invitation, such as K7QF-2M9X.',
    label: 'Eight characters',
    help: 'Letters and digits, no 0, O, 1, I or L. Capitals or not does not matter.',
    wrong: (text: string) => text === '' ? 'Nothing was typed. It looks like K7QF-2M9X.' : `“${text}” is no such code: it has eight characters, such as K7QF-2M9X.`,
    go: 'Continue',
    scan: 'Scan instead',
  },
} as const
