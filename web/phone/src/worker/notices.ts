// Web Push. A notice stands first, always: a push without one costs the subscription on some phones.
// Then the worker looks what is waiting and tells each server that its request has arrived.

import { badge, icon } from 'authx:files'
import { Caller } from '../core/caller.ts'
import { subscribed, tell } from '../core/pushing.ts'
import { Server } from '../core/server.ts'
import { type Kept, Store } from '../core/store.ts'
import { Clock } from '../core/time.ts'
import type { WireRequest } from '../core/wire.ts'
import { worker } from './scope.ts'

const TAG = 'authx-request'
const TITLE = 'Sign-in waiting'
const BODY = 'Open AuthX to answer'
const REQUESTS = '/#requests'

/** What the worker can reach. */
interface Reach {
  readonly store: Store
  readonly server: Server
}

export function notices(): void {
  worker.addEventListener('push', event => event.waitUntil(pushed(event.data)))
  worker.addEventListener('notificationclick', event => {
    event.notification.close()
    event.waitUntil(opened())
  })
  worker.addEventListener('pushsubscriptionchange', event => (event as ExtendableEvent).waitUntil(changed()))
}

async function pushed(data: PushMessageData | null): Promise<void> {
  const { title, body } = texts(data)
  await show(title, body, true)
  for (const client of await worker.clients.matchAll({ type: 'window' })) client.postMessage({ kind: 'push' })
  const open = await received().catch(() => undefined)
  if (open === undefined) return
  // Only the application's name: the screen it stands on may be locked.
  const [first] = open
  if (first === undefined) await show(TITLE, 'It was answered or is over', false)
  else if (open.length === 1) await show(`${TITLE}: ${first.application.name}`, body, false)
  else await show(`${open.length} sign-ins waiting`, body, false)
}

/** Words of the message, which any browser may have shown by itself; own ones where it has none. */
function texts(data: PushMessageData | null): { title: string; body: string } {
  try {
    const { title, body } = (data?.json() as { notification?: { title?: unknown; body?: unknown } }).notification ?? {}
    return { title: typeof title === 'string' ? title : TITLE, body: typeof body === 'string' ? body : BODY }
  } catch {
    return { title: TITLE, body: BODY }
  }
}

/** One tag: a new notice takes the place of the one before; it makes itself heard only when it is news. */
async function show(title: string, body: string, news: boolean): Promise<void> {
  const options = {
    body, icon, badge, tag: TAG, renotify: news, silent: !news, requireInteraction: true, data: { navigate: REQUESTS },
  }
  await worker.registration.showNotification(title, options)
}

/** Asks every server what is open, and sends the receipts. */
async function received(): Promise<readonly WireRequest[]> {
  return reaching(async ({ store, server }) => {
    const accounts = await asked(store)
    const lists = await Promise.all(accounts.map(kept => receivedOf(kept, server).catch(() => undefined)))
    const known = lists.filter(list => list !== undefined)
    if (known.length === 0 && accounts.length > 0) throw new Error('no server answered')
    return known.flat()
  })
}

/** Accounts that can be asked to approve. */
async function asked(store: Store): Promise<readonly Kept[]> {
  return (await store.accounts()).filter(kept => !kept.gone && kept.account.state === 'active')
}

async function receivedOf(kept: Kept, server: Server): Promise<readonly WireRequest[]> {
  const { requests } = await server.requests(kept)
  if (requests.length > 0) await server.receive(kept, 'push', requests.map(request => request.id)).catch(() => {})
  return requests
}

async function opened(): Promise<void> {
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  for (const client of windows) {
    client.postMessage({ kind: 'requests' })
    const focused = await client.focus().then(() => true, () => false)
    if (focused) return
  }
  await worker.clients.openWindow(REQUESTS)
}

/** The push service dropped the subscription: make another one, without anybody having to open the app. */
async function changed(): Promise<void> {
  await reaching(async ({ store, server }) => {
    if (await store.setting('notices') !== true) return
    const vapid = await store.setting('vapid')
    if (vapid === undefined) return
    const accounts = await asked(store)
    const subscription = await subscribed(worker.registration, vapid, accounts)
    await tell(subscription, accounts, server, store)
  })
}

async function reaching<T>(act: (reach: Reach) => Promise<T>): Promise<T> {
  const store = await Store.open()
  try {
    const clock = new Clock(await store.setting('clockOffset') ?? 0, offset => void store.set('clockOffset', offset))
    return await act({ store, server: new Server(new Caller(clock, worker.location.origin)) })
  } finally {
    store.close()
  }
}
