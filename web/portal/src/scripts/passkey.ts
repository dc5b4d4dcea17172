// Passkeys: a form carries the server's wishes in `data-options`, the answer goes into its hidden
// field `credential`, and the form is sent. `data-passkey` is register, sign-in or confirm.

import { idle, sent } from './busy.ts'
import { created, creation, got, request, type Wished } from './passkey-json.ts'

/** Ends the offer in the name field when a button asks instead. */
let offered: AbortController | undefined

/** Answers forms with `data-passkey`. */
export function answerPasskeys(): void {
  document.addEventListener('submit', event => {
    const form = event.target as HTMLFormElement
    if (form.dataset['passkey'] === undefined || form.dataset['answered'] !== undefined) return
    event.preventDefault()
    if (form.dataset['sent'] !== undefined) return
    sent(form, event.submitter)
    offered?.abort()
    void ask(form)
  })
}

/** Hides what this browser cannot do, and offers passkeys where the name is typed. */
export function offerPasskeys(part: HTMLElement): void {
  for (const form of part.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
    form.hidden = typeof PublicKeyCredential === 'undefined'
    if (form.hidden || form.dataset['passkey'] !== 'sign-in') continue
    if (document.querySelector('[autocomplete~="webauthn"]') !== null) void offer(form)
  }
}

async function offer(form: HTMLFormElement): Promise<void> {
  const can = await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false)
  if (can !== true || offered !== undefined) return
  offered = new AbortController()
  try {
    const options = { ...request(wishes(form)), mediation: 'conditional' as const, signal: offered.signal }
    const credential = await navigator.credentials.get(options)
    if (credential !== null) answer(form, got(credential as PublicKeyCredential))
  } catch {
    // Nobody chose one, or the button was pressed: that form says what goes wrong.
  }
}

async function ask(form: HTMLFormElement): Promise<void> {
  const wished = wishes(form)
  try {
    if (form.dataset['passkey'] === 'register') {
      if (!await named(form)) return
      const credential = await navigator.credentials.create(creation(wished))
      if (credential !== null) answer(form, created(credential as PublicKeyCredential))
    } else {
      const credential = await navigator.credentials.get(request(wished))
      if (credential !== null) answer(form, got(credential as PublicKeyCredential))
    }
  } catch (error) {
    idle(form)
    fault(form, words(error))
  }
}

/** Whether the name that is typed can be one: the server says so before the device makes a passkey, which nobody would
 *  take away there if the name were refused afterwards. */
async function named(form: HTMLFormElement): Promise<boolean> {
  if (form.elements.namedItem('name') === null) return true
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))
  body.set('only', 'name')
  const { ok, redirected } = await fetch(form.action, { method: 'POST', body })
  if (ok && !redirected) return true
  // Either a second factor is wanted first, or what is wrong is said by the page that answers the form itself.
  if (redirected) location.assign(form.action)
  else {
    form.dataset['answered'] = ''
    form.submit()
  }
  return false
}

function wishes(form: HTMLFormElement): Wished {
  return JSON.parse(form.dataset['options'] ?? '{}') as Wished
}

function answer(form: HTMLFormElement, credential: object): void {
  const field = form.elements.namedItem('credential')
  if (!(field instanceof HTMLInputElement)) return
  field.value = JSON.stringify(credential)
  form.dataset['answered'] = ''
  form.submit()
}

function fault(form: HTMLFormElement, text: string): void {
  let place = form.querySelector<HTMLElement>('[data-fault]')
  if (place === null) {
    place = document.createElement('p')
    place.className = 'error'
    place.setAttribute('role', 'alert')
    place.dataset['fault'] = ''
    form.append(place)
  }
  place.textContent = text
}

/** What went wrong, and what to do. */
export function words(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'AbortError':
      return 'No passkey was used: it was cancelled, or its time ran out. Try again, or use another way.'
    case 'InvalidStateError':
      return 'This device has a passkey for you already. Use another device or security key.'
    case 'NotSupportedError':
    case 'ConstraintError':
      return 'This device cannot make a passkey that checks who you are. Use another one, or your phone.'
    case 'SecurityError':
      return 'This address is not the one that passkeys were made for. Open the portal at its own name.'
    default:
      return 'The passkey could not be used. Reload the page and try again.'
  }
}
