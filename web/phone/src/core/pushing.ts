// One subscription of Web Push for the whole app; every account's server is told its address. Page
// and worker use it.

import { base64url, fromBase64url } from './bytes.ts'
import { Problem } from './problem.ts'
import type { Server } from './server.ts'
import type { Kept, Store } from './store.ts'

const SUBSCRIBE_MS = 20_000
/** A server that lost an address is told again after a day. */
const TELL_AGAIN_MS = 86_400_000

/**
 * The app's subscription under the server's key; a new one where there is none, where it is another
 * key's, and where a server found that the push service knows it no longer: the browser itself may
 * never hear of that.
 *
 * @throws Problem `notices_unsupported`, `notices_unanswered`
 */
export async function subscribed(
  registration: ServiceWorkerRegistration, vapid: string, accounts: readonly Kept[],
): Promise<PushSubscription> {
  const key = fromBase64url(vapid)
  if (key === undefined || !('pushManager' in registration)) throw new Problem('notices_unsupported')
  const found = await registration.pushManager.getSubscription()
  if (found !== null && isUnder(found, vapid) && !isDead(found, accounts)) return found
  await found?.unsubscribe()
  const asked = registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  // Without a way to the push service some browsers never answer.
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Problem('notices_unanswered')), SUBSCRIBE_MS))
  return Promise.race([asked, late]).catch(thrown => {
    throw thrown instanceof Problem ? thrown : new Problem('notices_unanswered', 0, String(thrown))
  })
}

function isUnder(subscription: PushSubscription, vapid: string): boolean {
  const key = subscription.options.applicationServerKey
  return key === null || base64url(key) === vapid.replace(/=+$/, '')
}

/** Whether a server that was told the address has dropped it. */
function isDead({ endpoint }: PushSubscription, accounts: readonly Kept[]): boolean {
  return accounts.some(({ account, told }) => told?.endpoint === endpoint && !account.subscribed)
}

/** Tells every account's server the address, where it does not know it. Gives the accounts that were told and failed. */
export async function tell(
  subscription: PushSubscription, accounts: readonly Kept[], server: Server, store: Store, now = Date.now(),
): Promise<{ failed: readonly string[] }> {
  const { endpoint, keys } = subscription.toJSON()
  const p256dh = keys?.['p256dh'], auth = keys?.['auth']
  if (endpoint === undefined || p256dh === undefined || auth === undefined) throw new Problem('notices_unsupported')
  const news = accounts.filter(({ account, told }) =>
    !account.subscribed || told?.endpoint !== endpoint || now - told.at > TELL_AGAIN_MS)
  const outcomes = await Promise.all(news.map(async kept => {
    try {
      const account = await server.setSubscription(kept, { endpoint, keys: { p256dh, auth } })
      await store.changeAccount(kept.phone, before => ({ ...before, account, heardAt: now, told: { endpoint, at: now } }))
      return []
    } catch {
      return [kept.phone]
    }
  }))
  return { failed: outcomes.flat() }
}
