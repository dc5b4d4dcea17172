// How a refusal reads: what happened, what to do; the support code comes last.

import type { Outcome, Problem } from '../../core/index.ts'

export interface Refused {
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
  notices_unanswered: { title: 'The push service did not answer', advice: 'Notifications are off until it does: open AuthX to answer. Try again, here or on another network.' },
  no_storage: { title: 'This browser keeps nothing', advice: 'A private window forgets its keys when it closes. Open AuthX in an ordinary one.' },
  clock: { title: 'The clock of this phone is wrong', advice: 'Set it to automatic in the settings of the phone, then try again.' },
  client_too_old: { title: 'This AuthX is too old for the server', advice: 'Load the new version, then try again.' },
  lock_missing: { title: 'The app lock is not set up', advice: 'Your company requires it. Set it up in Settings, then try again.' },
  verification_needed: { title: 'The approval lacks your fingerprint, face or PIN', advice: 'Set up the app lock in Settings, then approve again.' },
  statement_differs: { title: 'The request changed while you answered', advice: 'Nothing was approved. Read it again, then answer.' },
}

export const outcomes: Readonly<Record<Outcome, string>> = {
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

/** What to say about something that went wrong. */
export function problem(problem: Problem): Refused {
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
}
