// What this browser keeps, in IndexedDB: one record for each account with its keys, which script
// can use and never read, and a few settings. The page and the service worker share it.

import { Problem } from './problem.ts'
import type { TotpParameters, WireAccount, WireEntry } from './wire.ts'

/** The keys of one account. All are made here and cannot be exported. */
export interface Keys {
  /** ECDSA; signs what the user decides. */
  readonly answer: CryptoKeyPair
  /** ECDSA; signs what the app does by itself. */
  readonly device: CryptoKeyPair
  /** ECDH; receives the secret of the codes. */
  readonly box: CryptoKeyPair
}

/** The secret of the codes: an HMAC key that cannot be exported. */
export interface Totp extends TotpParameters {
  readonly key: CryptoKey
}

/** Everything about one account. */
export interface Kept {
  readonly phone: string
  readonly keys: Keys
  readonly totp: Totp
  readonly account: WireAccount
  readonly label?: string
  /** Place in the user's order. */
  readonly order: number
  readonly gone: boolean
  readonly heardAt: number
  /** The four words, while they still have to be compared. */
  readonly words?: readonly string[]
  /** The address of the push service that the account's server was told, and when. */
  readonly told?: { readonly endpoint: string; readonly at: number }
}

/** Single values by their names. */
export interface Settings {
  deviceName: string
  /** Server's time minus the phone's, in ms. */
  clockOffset: number
  /** The server's VAPID key, for the worker. */
  vapid: string
  /** Whether the user wants notices. */
  notices: boolean
  lock: KeptLock
}

/** The app lock. */
export interface KeptLock {
  readonly on: boolean
  readonly credentials: readonly KeptCredential[]
}

/** A credential of the phone's screen lock; `phone` is the account it was made for, absent where only the app uses it. */
export interface KeptCredential {
  readonly id: string
  readonly phone?: string
}

/** The store's versions. Each step only adds: an older page may still be open, or come back. */
const STEPS: readonly ((db: IDBDatabase) => void)[] = [
  db => {
    db.createObjectStore('accounts', { keyPath: 'phone' })
    db.createObjectStore('settings')
    db.createObjectStore('history')
  },
]

/** The kept things, opened. */
export class Store {
  private constructor(private readonly db: IDBDatabase) {}

  /**
   * Opens it, and makes or upgrades it first where needed.
   *
   * @throws Problem `no_storage`
   */
  static async open(name = 'authx', steps = STEPS): Promise<Store> {
    try {
      return new Store(await opened(name, steps))
    } catch (thrown) {
      // A newer version of the app was here. What it added is no harm.
      if (thrown instanceof DOMException && thrown.name === 'VersionError') return new Store(await opened(name))
      throw new Problem('no_storage', 0, String(thrown))
    }
  }

  close(): void {
    this.db.close()
  }

  /** All accounts, in the user's order. */
  async accounts(): Promise<Kept[]> {
    const all = await this.read('accounts', store => store.getAll() as IDBRequest<Kept[]>)
    return all.sort((a, b) => a.order - b.order || (a.phone < b.phone ? -1 : 1))
  }

  async account(phone: string): Promise<Kept | undefined> {
    return this.read('accounts', store => store.get(phone) as IDBRequest<Kept | undefined>)
  }

  async addAccount(kept: Kept): Promise<void> {
    await this.write('accounts', store => store.add(kept))
  }

  /** Changes one account, if it is still there; nobody else's change is lost. */
  async changeAccount(phone: string, change: (kept: Kept) => Kept): Promise<Kept | undefined> {
    let changed: Kept | undefined
    await this.write('accounts', store => {
      const found = store.get(phone) as IDBRequest<Kept | undefined>
      found.onsuccess = () => {
        if (found.result === undefined) return
        changed = change(found.result)
        store.put(changed)
      }
    })
    return changed
  }

  async removeAccount(phone: string): Promise<void> {
    await this.write('accounts', store => store.delete(phone))
    await this.write('history', store => store.delete(phone))
  }

  async setting<N extends keyof Settings>(name: N): Promise<Settings[N] | undefined> {
    return this.read('settings', store => store.get(name) as IDBRequest<Settings[N] | undefined>)
  }

  async set<N extends keyof Settings>(name: N, value: Settings[N]): Promise<void> {
    await this.write('settings', store => store.put(value, name))
  }

  /** The last history of an account that its server gave. */
  async history(phone: string): Promise<readonly WireEntry[]> {
    return (await this.read('history', store => store.get(phone) as IDBRequest<WireEntry[] | undefined>)) ?? []
  }

  async setHistory(phone: string, entries: readonly WireEntry[]): Promise<void> {
    await this.write('history', store => store.put(entries, phone))
  }

  private read<T>(store: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const request = ask(this.db.transaction(store, 'readonly').objectStore(store))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Problem('no_storage', 0, String(request.error)))
    })
  }

  private write(store: string, act: (store: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.db.transaction(store, 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(new Problem('no_storage', 0, String(transaction.error)))
      act(transaction.objectStore(store))
    })
  }
}

function opened(name: string, steps?: readonly ((db: IDBDatabase) => void)[]): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, steps?.length)
    request.onupgradeneeded = event => {
      for (const step of steps?.slice(event.oldVersion) ?? []) step(request.result)
    }
    request.onerror = () => reject(request.error ?? new Error('no store'))
    request.onsuccess = () => {
      // A newer page wants to upgrade: let it, and read again with the next load.
      request.result.onversionchange = () => request.result.close()
      resolve(request.result)
    }
  })
}
