// Every text of the app in English. Another language is another directory of this shape.
//
// No "please", no "oops", no exclamation mark. A refusal says what happened, what to do, and the
// support code last.

import type { Way } from '../core/index.ts'
import * as daily from './words/daily.ts'
import * as enrol from './words/enrol.ts'
import { listed, ways } from './words/grammar.ts'
import { problem } from './words/refusals.ts'
import * as settings from './words/settings.ts'

export { locale } from './words/grammar.ts'

export const words = {
  ...daily,
  ...enrol,
  ...settings,
  problem,
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

  facts: {
    user: 'User', from: 'From', with: 'With', asked: 'Asked', server: 'Server', company: 'Company', proof: 'Proof',
    support: 'Support', valid: 'Valid', apps: 'For', phone: 'Phone', ended: 'Ended', error: 'Error', reached: 'Reached', id: 'Id',
    newNetwork: 'A network you have not used before',
    newNetworkThen: 'A network that was new then',
    noAddress: 'Not known',
    atServer: (name: string) => `at ${name}`,
    noProgram: 'A client that did not say its name',
    supportHelp: 'names this login to the help desk',
    until: (time: string) => `until ${time}`,
    opensOnce: 'Opening this page uses nothing up',
  },
} as const
