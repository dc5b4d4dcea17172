// What can go wrong, as one type that screens can tell apart by `code`.

/** Codes that the app makes itself, besides those of the server. */
export type OwnCode =
  /** No network, or the server did not answer in time. */
  | 'unreachable'
  /** What answered was not AuthX, or not in its words. */
  | 'not_understood'
  /** The account is not on this phone. */
  | 'no_account'
  /** The server no longer knows this phone: its keys are dead. */
  | 'phone_gone'
  /** In a Safari tab on iOS: install the app first. */
  | 'install_first'
  /** What was typed or scanned is no invitation. */
  | 'no_invitation'
  /** The sealed secret does not open: somebody changed it, or it was for another phone. */
  | 'seed_damaged'
  /** The phone has no screen lock that the browser can use. */
  | 'no_screen_lock'
  /** The user did not let the phone recognise them, or waited too long. */
  | 'not_verified'
  /** The account wants the phone's screen lock: `registerLock` first. */
  | 'lock_missing'
  /** The camera: refused, not there, in use by another app. */
  | 'camera_refused' | 'camera_none' | 'camera_busy'
  /** The app is locked. */
  | 'locked'
  /** Notices: refused by the user, not known to the browser, no answer from the push service. */
  | 'notices_refused' | 'notices_unsupported' | 'notices_unanswered'
  /** This browser keeps nothing, such as in a private window. */
  | 'no_storage'

/** An error with a stable code. `detail` is the server's sentence for a person, where it gave one. */
export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    /** An {@link OwnCode}, or the server's: `not_open`, `wrong_proof`, `wrong_code`, `clock` … */
    readonly code: OwnCode | (string & {}),
    /** The HTTP status; 0 where no answer came. */
    readonly status = 0,
    readonly detail = '',
    /** The other members of the answer: `left`, `outcome`, `now` … */
    readonly members: Readonly<Record<string, unknown>> = {},
    /** How long to wait, where the server said so. */
    readonly retryAfterSecs?: number,
  ) {
    super(detail === '' ? code : `${code}: ${detail}`)
  }
}

/** Whether something thrown is a {@link Problem}, of that code where one is given. */
export function isProblem(thrown: unknown, ...codes: string[]): thrown is Problem {
  return thrown instanceof Problem && (codes.length === 0 || codes.includes(thrown.code))
}
