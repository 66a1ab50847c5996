import type { Transfer } from '../ledger/ledger.ts'
import type { Payment } from './hub-store.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What the hub keeps beside money and journals, such as who may use its API: JSON under an id that begins with its kind (`client/…`), and whose
 * module alone knows what is in it. In the same store as the money, so that a change and what is remembered about it are one commit.
 * Ids are printable ASCII without `~`, which ends a range of them.
 */
export type DocumentRow = {
  readonly id: string
  readonly version: number
  /** When somebody has to look at it next. */
  readonly dueAt: EpochMs | undefined
  readonly body: string
}

/** One place of the risk log (`hub/risk/record.ts`), gapless in the hub's order. `at`: when it was committed. */
export type RiskRow = { readonly seq: number; readonly at: EpochMs; readonly body: Uint8Array }

/** Of one kind, in the order of their ids, behind `after`. */
export type DocumentRange = { readonly prefix: string; readonly after?: string | undefined; readonly limit: number; readonly newestFirst?: boolean }

export interface Pages {
  documents(range: DocumentRange): Promise<readonly DocumentRow[]>
  /** Of one kind, those longest due first. */
  documentsDue(prefix: string, now: EpochMs, limit: number): Promise<readonly DocumentRow[]>
  /** In the hub's order, newest first, beginning before the place `beforeSeq`. A payment keeps its place whatever becomes of it. */
  paymentsBefore(beforeSeq: number, limit: number): Promise<readonly (Payment & { readonly seq: number })[]>
  /** In their order, behind `afterSeq`. */
  riskLog(afterSeq: number, limit: number): Promise<readonly RiskRow[]>
  /** What a settlement window counts, in the order in which it was posted, behind `afterSeq`. */
  transfersOfWindow(window: number, afterSeq: number, limit: number): Promise<readonly (Transfer & { readonly seq: number })[]>
}

/** Every id of a kind is at or behind its prefix and before this. */
export const endOf = (prefix: string): string => `${prefix}~`
