// New accounts: by invitation, and by a move from an old phone.

import { newId } from './bytes.ts'
import type { Accounts } from './accounts.ts'
import { makeKeys, openSeed, publicKey, wordsDigest } from './keys.ts'
import { codeAt } from './codes.ts'
import type { Account, Enrolment, Move, MoveProgress } from './phone.ts'
import { platformName } from './platform.ts'
import { isProblem, Problem } from './problem.ts'
import type { Server } from './server.ts'
import type { Keys } from './store.ts'
import type { Clock } from './time.ts'
import type { Invitation, InvitedAccount } from './wire.ts'

/** Of a phone's codes, in milliseconds. */
const STEP = 30_000

/** The way into this phone, and out of it. */
export class Enrolling {
  constructor(
    private readonly accounts: Accounts,
    private readonly server: Server,
    private readonly clock: Clock,
    private readonly deviceName: () => string,
    private readonly mayEnrol: () => boolean,
  ) {}

  async activate(activation: string, invited: InvitedAccount): Promise<Enrolment> {
    if (!this.mayEnrol()) throw new Problem('install_first')
    // Before anything is spent: a file may fail to come.
    const { fourWords } = await import('./words.ts').catch(() => { throw new Problem('unreachable') })
    const phone = newId('pho', this.clock.now())
    const keys = await makeKeys()
    const publicKeys = await publicHalves(keys)
    const ask = () => this.server.activate({ phone, key: keys.answer }, {
      activation, phone, name: this.deviceName(), platform: platformName(), class: 'web', keys: publicKeys,
      ...(invited.moves === undefined ? {} : { moves: invited.moves }),
    })
    // The same phone and keys may ask twice: an answer that got lost is given again.
    const { account, seed, totp } = await ask().catch(thrown => {
      if (isProblem(thrown, 'unreachable')) return ask()
      throw thrown
    })
    const [opened, digest] = await Promise.all([
      openSeed(keys.box, phone, seed, totp),
      wordsDigest(phone, publicKeys, seed, account.tenant.id, account.user.id),
    ])
    const words = fourWords(digest)
    const order = Math.max(-1, ...this.accounts.kept.value.map(kept => kept.order)) + 1
    await this.accounts.add({ phone, keys, totp: opened, account, order, gone: false, heardAt: Date.now(), words })
    return { account: await this.accounts.heard(account), words }
  }

  /**
   * The first good use: a code from the secret that arrived. Each counts once, so it is the one
   * before the present one, which the user may want to type at the VPN right away.
   */
  async confirm(phone: string): Promise<Account> {
    const once = (back: number) => this.accounts.asking(phone, async kept => {
      const { code } = await codeAt(kept, this.clock.now() - back)
      return this.server.confirm(kept, code)
    })
    const account = await once(STEP).catch(async thrown => {
      if (!isProblem(thrown, 'wrong_code')) throw thrown
      // Codes bear less error of the clock than signatures do.
      const { now } = await this.server.info()
      this.clock.correct(Date.parse(now))
      return once(0)
    })
    const active = await this.accounts.heard(account)
    await this.dropReplaced(active)
    return active
  }

  async stop(phone: string): Promise<void> {
    try {
      await this.accounts.asking(phone, kept => this.server.remove(kept))
    } catch (thrown) {
      // A phone that was never confirmed counts for nothing, and the server drops it by itself.
      if (!isProblem(thrown, 'phone_gone', 'unreachable')) throw thrown
    }
    await this.accounts.remove(phone)
  }

  async remove(phone: string, anyway: boolean): Promise<void> {
    const { gone } = this.accounts.get(phone)
    try {
      if (!gone) await this.accounts.asking(phone, kept => this.server.remove(kept))
    } catch (thrown) {
      if (!isProblem(thrown, 'phone_gone') && !anyway) throw thrown
    }
    await this.accounts.remove(phone)
  }

  async startMove(): Promise<Move> {
    let begun: Pick<Move, 'activation' | 'expires_at'> | undefined
    const left: string[] = []
    let trouble: unknown = new Problem('no_account')
    for (const { phone } of this.accounts.active()) {
      try {
        const answer = await this.accounts.asking(phone, kept => this.server.startMove(kept, begun?.activation))
        begun ??= answer
      } catch (thrown) {
        trouble = thrown
        left.push(phone)
      }
    }
    if (begun === undefined) throw trouble
    const { activation, expires_at } = begun
    return { activation, expires_at, link: `${location.origin}/#${activation}`, left }
  }

  async cancelMove(): Promise<void> {
    await Promise.all(this.accounts.active().map(({ phone }) =>
      this.accounts.asking(phone, kept => this.server.cancelMove(kept)).catch(() => {})))
  }

  async finishMove(
    activation: string, invitation: Invitation, progress: (step: MoveProgress) => void,
  ): Promise<readonly Account[]> {
    const { accounts } = invitation
    const moved: Account[] = []
    for (const [done, account] of accounts.entries()) {
      progress({ done, of: accounts.length, account })
      // A move that broke off goes on where it stood.
      const begun = this.accounts.living().find(kept => isOf(kept.account, account))
      if (begun?.account.state === 'active') {
        moved.push(await this.accounts.heard(begun.account))
        continue
      }
      const phone = begun?.phone ?? (await this.activate(activation, account)).account.phone
      moved.push(await this.confirm(phone))
    }
    return moved
  }

  /** The same user enrolled again on this phone: of what the server no longer knows, only the new one stays. */
  private async dropReplaced(active: Account): Promise<void> {
    const replaced = this.accounts.kept.value.filter(kept =>
      kept.gone && kept.phone !== active.phone && isOf(kept.account, active))
    for (const kept of replaced) await this.accounts.remove(kept.phone)
  }
}

function isOf(account: Pick<InvitedAccount, 'tenant' | 'user'>, other: Pick<InvitedAccount, 'tenant' | 'user'>): boolean {
  return account.tenant.id === other.tenant.id && account.user.id === other.user.id
}

async function publicHalves({ answer, device, box }: Keys) {
  const [a, d, b] = await Promise.all([publicKey(answer), publicKey(device), publicKey(box)])
  return { answer: a, device: d, box: b }
}
