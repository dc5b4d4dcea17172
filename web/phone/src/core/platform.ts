// What kind of phone this is, and where the app runs on it.

import { signal } from '@preact/signals-core'
import type { Install } from './phone.ts'

/** Chromium's own offer to install. */
interface InstallOffer extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>
}

/** Detects the installed app and the way to it. */
export class Installing {
  readonly state = signal<Install>(look())
  private offer: InstallOffer | undefined

  constructor() {
    addEventListener('beforeinstallprompt', event => {
      // Kept for the moment when the app explains it.
      event.preventDefault()
      this.offer = event as InstallOffer
      this.state.value = { ...this.state.value, way: 'prompt' }
    })
    addEventListener('appinstalled', () => this.offered())
    matchMedia('(display-mode: standalone)').addEventListener('change', () => {
      this.state.value = { ...this.state.value, installed: isInstalled(), mayEnrol: mayEnrol() }
    })
    void navigator.storage?.persisted?.().then(persisted => this.persisted(persisted))
  }

  async ask(): Promise<'accepted' | 'dismissed'> {
    const { offer } = this
    if (offer === undefined) return 'dismissed'
    const { outcome } = await offer.prompt()
    // An offer works once.
    this.offered()
    return outcome
  }

  /** Asks the browser to keep the keys. Some ask the user and answer late or never: nobody waits. */
  persist(): void {
    void navigator.storage?.persist?.().then(persisted => this.persisted(persisted))
  }

  private persisted(persisted: boolean): void {
    this.state.value = { ...this.state.value, persisted }
  }

  private offered(): void {
    this.offer = undefined
    this.state.value = { ...this.state.value, way: isApple() ? 'share' : 'menu' }
  }
}

function look(): Install {
  return { installed: isInstalled(), way: isApple() ? 'share' : 'menu', mayEnrol: mayEnrol() }
}

function isInstalled(): boolean {
  const { standalone } = navigator as Navigator & { standalone?: boolean }
  return standalone === true || matchMedia('(display-mode: standalone)').matches
}

/** On iOS the tab and the installed app keep their things apart: keys made in a tab would be lost. */
function mayEnrol(): boolean {
  return !isApple() || isInstalled()
}

/** iPhone and iPad, whose every browser is WebKit; an iPad calls itself a Macintosh that can be touched. */
function isApple(): boolean {
  const { userAgent, maxTouchPoints } = navigator
  return /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes('Macintosh') && maxTouchPoints > 1)
}

/** System and browser, for administrators: "Android, Chrome". */
export function platformName({ userAgent, maxTouchPoints } = navigator as { userAgent: string; maxTouchPoints: number }): string {
  const is = (pattern: RegExp) => pattern.test(userAgent)
  const system = is(/iPhone|iPod/) ? 'iOS'
    : is(/iPad/) || (is(/Macintosh/) && maxTouchPoints > 1) ? 'iPadOS'
      : is(/Android/) ? 'Android'
        : is(/Windows/) ? 'Windows'
          : is(/Macintosh/) ? 'macOS'
            : is(/CrOS/) ? 'ChromeOS' : is(/Linux/) ? 'Linux' : 'unknown system'
  const browser = is(/Firefox|FxiOS/) ? 'Firefox'
    : is(/Edg/) ? 'Edge'
      : is(/SamsungBrowser/) ? 'Samsung Internet'
        : is(/Chrome|CriOS/) ? 'Chrome' : is(/Safari/) ? 'Safari' : 'unknown browser'
  return `${system}, ${browser}`
}

/** A name to begin with; the user may change it. */
export function firstDeviceName(platform = platformName()): string {
  const [system = ''] = platform.split(',')
  const names: Record<string, string> = { iOS: 'iPhone', iPadOS: 'iPad', Android: 'Android phone', macOS: 'Mac' }
  return names[system] ?? `${system} computer`
}
