import type { DocumentRow } from '../store/documents.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What settlement keeps for each merchant and currency: a few rows, in the same store as the money and changed in the same commits.
 * Totals are signed as the merchant sees them: what it gets is above zero. Their sum is what the window's postings did to its account.
 */
export const totalNames = ['sales', 'refunds', 'tips', 'chargebacks', 'reserve', 'claims', 'returned', 'other', 'fees', 'feeTax'] as const
export type TotalName = (typeof totalNames)[number]
export type Totals = { readonly [T in TotalName]: bigint }

export type SettlementWindow = {
  /** `{merchant}.{currency}.{end}`, the end as it was planned, in UTC; of one that began while another with that end had just been closed, with its start behind it. */
  readonly id: string
  /** By which postings name it. */
  readonly number: number
  readonly merchant: Id
  readonly currency: Currency
  /** From `startsAt` on and before `endsAt`, by the hub's clock when something was posted; `date`: local, of its end. */
  readonly startsAt: EpochMs
  readonly endsAt: EpochMs
  readonly date: string
  readonly state: 'open' | 'closed'
  /** How many postings it counts, without those of fees, and how often fees were posted. */
  readonly postings: number
  readonly feePostings: number
  readonly totals: Totals
  /** How it ended: what was carried into it, and what of all that was proposed to be paid out or is carried on. */
  readonly closed:
    | { readonly at: EpochMs; readonly by: string; readonly carriedIn: bigint; readonly carriedOut: bigint; readonly payout: Id | undefined }
    | undefined
}

/** Where a merchant stands in a currency. */
export type Position = {
  readonly merchant: Id
  readonly currency: Currency
  /** The window that counts what is posted now, unless it has ended. */
  readonly open: string | undefined
  /** Nothing is counted in a window that ends before or at this. */
  readonly lastEnd: EpochMs
  /** What was sold in this month, `2026-03` by the merchant's clock. */
  readonly month: string
  readonly volume: bigint
  /** What closed windows came to and nobody has been paid, below zero where the merchant owes; and which they are. */
  readonly carried: bigint
  readonly waiting: readonly string[]
  /** Since when it is below zero. */
  readonly owingSince: EpochMs | undefined
}

export const windowId = (merchant: Id, currency: Currency, endsAt: EpochMs, lateStart?: EpochMs): string =>
  [merchant, currency, new Date(endsAt).toISOString(), ...(lateStart === undefined ? [] : [new Date(lateStart).toISOString()])].join('.')
export const windowDocument = (id: string): string => `window/${id}`
export const positionDocument = (merchant: Id, currency: Currency): string => `position/${merchant}.${currency}`
/** Windows are numbered through the whole hub. */
export const WINDOW_COUNTER = 'settlement-windows'

export const noTotals: Totals = { sales: 0n, refunds: 0n, tips: 0n, chargebacks: 0n, reserve: 0n, claims: 0n, returned: 0n, other: 0n, fees: 0n, feeTax: 0n }
export const netOf = (totals: Totals): bigint => totalNames.reduce((sum, name) => sum + totals[name], 0n)

export const newPosition = (merchant: Id, currency: Currency): Position => ({
  merchant,
  currency,
  open: undefined,
  lastEnd: 0,
  month: '',
  volume: 0n,
  carried: 0n,
  waiting: [],
  owingSince: undefined,
})

// ---------------------------------------------------------------- as documents

/** 64-bit integers are decimal text in JSON. */
type Texts = { readonly [T in TotalName]: string }
type WindowBody = Omit<SettlementWindow, 'totals' | 'closed'> & {
  readonly totals: Texts
  readonly closed?: { readonly at: EpochMs; readonly by: string; readonly carriedIn: string; readonly carriedOut: string; readonly payout?: Id }
}

export function readWindow({ body }: DocumentRow): SettlementWindow {
  const { totals, closed, ...said } = JSON.parse(body) as WindowBody
  return {
    ...said,
    totals: Object.fromEntries(totalNames.map((name) => [name, BigInt(totals[name])])) as Record<TotalName, bigint>,
    closed: closed && { ...closed, payout: closed.payout, carriedIn: BigInt(closed.carriedIn), carriedOut: BigInt(closed.carriedOut) },
  }
}

/** Looked at again when it has ended. */
export function windowRow(window: SettlementWindow, version: number): DocumentRow {
  return { id: windowDocument(window.id), version, dueAt: window.state === 'open' ? window.endsAt : undefined, body: JSON.stringify(window, asText) }
}

type PositionBody = Omit<Position, 'volume' | 'carried' | 'open' | 'owingSince'> & {
  readonly open?: string
  readonly owingSince?: EpochMs
  readonly volume: string
  readonly carried: string
}

export function readPosition({ body }: DocumentRow): Position {
  const said = JSON.parse(body) as PositionBody
  return { ...said, open: said.open, owingSince: said.owingSince, volume: BigInt(said.volume), carried: BigInt(said.carried) }
}

/** `askAt`: when the merchant is asked for what it owes. */
export const positionRow = (position: Position, version: number, askAt: EpochMs | undefined): DocumentRow => ({
  id: positionDocument(position.merchant, position.currency),
  version,
  dueAt: askAt,
  body: JSON.stringify(position, asText),
})

/** For JSON: money beyond 2^53 is text. */
export const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
