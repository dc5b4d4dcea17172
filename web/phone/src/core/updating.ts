// The service worker and new versions of the app. A page is never loaded anew while an answer is typed.

import { signal } from '@preact/signals-core'
import { version } from 'authx:version'
import type { Update } from './phone.ts'

const HOUR_MS = 3_600_000
const SOONEST_MS = 60_000
/** A server that calls its own app too old must not make the page load again and again. */
const RELOAD_AGAIN_MS = 600_000
/** The whole app over a slow network. */
const INSTALL_MS = 60_000
const RELOADED = 'authx reloaded'

/** Registers the worker and watches for a newer one. */
export class Updating {
  readonly state = signal<Update>({ version, state: 'current' })
  readonly registration: Promise<ServiceWorkerRegistration | undefined>
  private holders = 0
  private asked = Date.now()

  constructor() {
    this.registration = this.register()
    setInterval(() => this.look(), HOUR_MS)
  }

  /** Asks whether there is a newer version; seldom enough to be called on every occasion. */
  look(): void {
    if (Date.now() - this.asked < SOONEST_MS) return
    this.asked = Date.now()
    void this.registration.then(found => found?.update()).catch(() => {})
  }

  /** The server no longer serves this version. */
  needed(): void {
    if (this.state.value.state === 'needed') return
    this.state.value = { version, state: 'needed' }
    this.asked = Date.now()
    void this.registration.then(replaced).catch(() => {}).then(() => this.reloadIfFree())
  }

  /** Loads the new version now. */
  apply(): void {
    location.reload()
  }

  hold(): () => void {
    this.holders += 1
    let held = true
    return () => {
      if (!held) return
      held = false
      this.holders -= 1
      if (this.state.value.state === 'needed') this.reloadIfFree()
    }
  }

  private reloadIfFree(): void {
    if (this.holders > 0) return
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0)
    if (Date.now() - last < RELOAD_AGAIN_MS) return
    sessionStorage.setItem(RELOADED, String(Date.now()))
    location.reload()
  }

  private async register(): Promise<ServiceWorkerRegistration | undefined> {
    if (!('serviceWorker' in navigator)) return undefined
    const { serviceWorker } = navigator
    // The first worker of a fresh page is no news.
    let known = serviceWorker.controller !== null
    serviceWorker.addEventListener('controllerchange', () => {
      if (known && this.state.value.state === 'current') this.state.value = { version, state: 'ready' }
      known = true
    })
    try {
      await serviceWorker.register(workerAddress(), { updateViaCache: 'none' })
      return await serviceWorker.ready
    } catch {
      // The app works without one, without notices and offline.
      return undefined
    }
  }
}

/** The only address that a script may be loaded from by name: the page's policy lets nobody else make one. */
function workerAddress(): string {
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(text: string): unknown } } }).trustedTypes
  const policy = types?.createPolicy('authx-worker', { createScriptURL: () => '/sw.js' })
  return (policy?.createScriptURL('') ?? '/sw.js') as string
}

/** Resolves when a newer worker is active, or when there is none. */
async function replaced(registration: ServiceWorkerRegistration | undefined): Promise<void> {
  await registration?.update()
  const coming = registration?.installing ?? registration?.waiting
  if (coming === undefined || coming === null) return
  await new Promise<void>(resolve => {
    const look = () => { if (coming.state === 'activated' || coming.state === 'redundant') resolve() }
    coming.addEventListener('statechange', look)
    setTimeout(resolve, INSTALL_MS)
    look()
  })
}
