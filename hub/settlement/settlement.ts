import { createCloser, type Closer } from './closing.ts'
import { createChargebacks, type Chargebacks } from './chargebacks.ts'
import { createClaims, type Claims } from './claims.ts'
import { buildPayoutIndex } from './payout-index.ts'
import { createPayouts, type Payouts } from './payouts.ts'
import { readWindow, windowDocument, type SettlementWindow } from './window.ts'
import type { Transfer } from '../ledger/ledger.ts'
import type { Merchants } from '../merchants/register.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Clock, Timers } from '#protocol/time.ts'

/** From what is posted to a merchant to what its bank gets: windows close by themselves, and payouts wait for a person. */
export interface Settlement {
  readonly payouts: Payouts
  readonly chargebacks: Chargebacks
  readonly claims: Claims
  window(id: string): Promise<SettlementWindow | undefined>
  /** Those of one merchant (and currency), or of all; the last end first within one. `after`: an id. */
  windows(range: { readonly of?: string | undefined; readonly after?: string | undefined; readonly limit: number }): Promise<readonly SettlementWindow[]>
  /** What a window counts, in the order in which it was posted, behind the place `afterSeq`. */
  postings(window: SettlementWindow, afterSeq: number, limit: number): Promise<readonly (Transfer & { readonly seq: number })[]>
  /** See `Closer`. */
  readonly closeNow: Closer['closeNow']
  /** Before anything else: payouts of an older hub are found where those of this one are. */
  start(): Promise<void>
  /** A window may have ended, or something else may be due. */
  wake(): void
  /** Resolves when all that is due is done. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export type SettlementPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly store: HubStore
  readonly merchants: Pick<Merchants, 'find' | 'at'>
  /** Of this hub's shop. */
  readonly merchant: Id
  changed(): void
  warn(line: string): void
}

export function createSettlement(ports: SettlementPorts): Settlement {
  const { store } = ports
  const closer = createCloser(ports)
  return {
    payouts: createPayouts(ports),
    chargebacks: createChargebacks(ports),
    claims: createClaims(ports),
    async window(id) {
      const [row] = await store.get('documents', [windowDocument(id)])
      return row && readWindow(row)
    },
    windows: async ({ of, after, limit }) => {
      const rows = await store.documents({
        prefix: windowDocument(of === undefined ? '' : `${of}.`),
        after: after && windowDocument(after),
        limit,
        newestFirst: true,
      })
      return rows.map(readWindow)
    },
    postings: ({ number }, afterSeq, limit) => store.transfersOfWindow(number, afterSeq, limit),
    closeNow: closer.closeNow,
    start: () => buildPayoutIndex(store),
    wake: closer.wake,
    idle: closer.idle,
    stop: closer.stop,
  }
}
