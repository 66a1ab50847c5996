import type { Currency } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** Where money can be. Those before `wallets` hold it, the others are whose it is; what is lost is held by nobody and belongs to nobody. */
export const places = [
  'issuers',
  'acquirers',
  'bank',
  'drawers',
  'safes',
  'losses',
  'bankFees',
  'claims',
  'cashDifferences',
  'exchange',
  'wallets',
  'currencyPosition',
  'exchangeResult',
  'credits',
  'merchants',
  'merchantsCash',
  'neverPaid',
  'tips',
  'payoutsWaiting',
  'payoutsSent',
  'reserves',
  'fees',
  'taxes',
  'unexplained',
  'ownFunds',
  'escrow',
  'review',
  'unknown',
] as const
export type Place = (typeof places)[number]

/** Minor units as decimal text. */
export type Conservation = {
  readonly at: EpochMs
  /** How much was read to know it. */
  readonly postings: number
  readonly entries: number
  readonly currencies: readonly {
    readonly currency: Currency
    /** All that ever came in: what holds money now, and what was lost of it. */
    readonly enteredMinor: string
    /** Above zero where money is, below zero whose it is. */
    readonly places: readonly { readonly place: Place; readonly minor: string; readonly accounts: number }[]
    /** Of all places: 0, or money came from nowhere. */
    readonly differenceMinor: string
    /** Reserved and not yet spent: still in its place above. */
    readonly heldMinor: string
    /** Captured, by the journals of the tills; posted for them, by the ledger; and what of the first has no posting: at risk, written off, or not settled yet. */
    readonly capturedMinor: string
    readonly postedMinor: string
    readonly unpaidMinor: string
  }[]
  /** What must not be: each names an account, a payment or a bank. Empty when everything is in exactly one place. */
  readonly faults: readonly string[]
}
