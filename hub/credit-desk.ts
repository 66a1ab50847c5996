import { Desk, type Shopkeeper } from './intake/desk.ts'
import { postCredit } from './intake/credits.ts'
import type { HubKeys } from './keys.ts'
import { MAX_STALE_COMMITS } from './intake/recovery.ts'
import type { CreditRow, HubStore } from './store/hub-store.ts'
import { creditCode, proofOfCredit, sealOf, type Credit } from '#protocol/credit/code.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { CreditsState, NewCredit, ToldCredit, WaitingCredit } from '#protocol/hub-api/credits.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/**
 * Gift cards that the shop itself makes, signed by the hub's issuer key, which every till knows; and credit that a till has issued without anybody who backs
 * it, beyond its cap or before its payment came, which a person may release. Codes are made again from the same key and never kept.
 */
export interface CreditDesk {
  /** Credit that is worth nothing yet, the newest first. */
  state(): Promise<CreditsState>
  /** The same wish again gets the same code, while its key is the issuer's. */
  issue(wish: NewCredit): Promise<Outcome<ToldCredit>>
  /** From now on it is worth what its till said, whatever it was set aside for. Once. */
  release(id: Id): Promise<Outcome<CreditsState>>
}

export type CreditDeskPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly store: HubStore
  readonly keys: Pick<HubKeys, 'signer'>
  readonly shop: Pick<Shopkeeper, 'merchant' | 'currency'>
  changed(): void
}

const MAX_WAITING = 50

export function createCreditDesk({ clock, crypto, store, keys, shop, changed }: CreditDeskPorts): CreditDesk {
  async function state(): Promise<CreditsState> {
    return { currency: shop.currency, waiting: (await store.waitingCredits(MAX_WAITING)).map(told) }
  }

  async function commit<T>(id: Id, act: (desk: Desk) => Outcome<T, ErrorCode>): Promise<Outcome<T, ErrorCode>> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(store, { payments: [], credits: [id] }, shop, clock.now())
      const done = act(desk)
      if (!done.ok) return done
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return done
    }
    invariant(false, 'what a person does commits in the end')
  }

  /** Made in whole seconds, as the code says them. */
  const codeOf = (id: Id, amountMinor: number, at: EpochMs): { readonly credit: Credit; readonly code: string } => {
    const credit: Credit = { creditId: id, amountMinor, currency: shop.currency, issuedAtMs: at - (at % 1000) }
    return { credit, code: creditCode(keys.signer('issuer'), credit) }
  }

  return {
    state,
    issue: ({ creditId: id, amountMinor }) =>
      commit(id, (desk) => {
        const known = desk.credit(id)
        const { credit, code } = codeOf(id, amountMinor, known?.at ?? desk.now)
        const seal = sealOf(crypto, proofOfCredit(crypto, code))
        if (known !== undefined) return known.seal === seal ? ok({ creditId: id, amountMinor, currency: shop.currency, code }) : fail('entry.conflict')
        const { currency, issuedAtMs: at } = credit
        const row: CreditRow = { id, version: 0, till: shop.merchant, at, why: 'gift', amountMinor, currency, seal, backing: id, fundedAt: undefined }
        postCredit(desk, shop, row)
        return ok({ creditId: id, amountMinor, currency, code })
      }),
    async release(id) {
      const released = await commit(id, (desk) => {
        const credit = desk.credit(id)
        if (credit === undefined) return fail('credit.unknown')
        if (credit.fundedAt === undefined) postCredit(desk, shop, credit)
        return ok(undefined)
      })
      return released.ok ? ok(await state()) : released
    },
  }
}

const told = ({ id, till, at, why, amountMinor, currency }: CreditRow): WaitingCredit => ({
  creditId: id,
  till: till.slice(-6).toUpperCase(),
  at,
  why,
  amountMinor,
  currency,
})
