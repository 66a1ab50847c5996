import type { Desk } from '../intake/desk.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What a payment turned out to be, as people or acquirers say. It is written in the commit of whatever says it, and waits there (`dueAt`) until settling has put it
 * into the risk log behind the decisions of before: one writer, one order. The latest word counts for training; what features already know is not taken back.
 */
export type Label = {
  readonly payment: Id
  readonly isFraud: boolean
  readonly at: EpochMs
  readonly from: 'case' | 'chargeback'
  readonly by: string
}

export const LABELS = 'risk-label/'
export const labelDocument = (payment: Id): string => `${LABELS}${payment}`
export const readLabel = ({ body }: DocumentRow): Label => JSON.parse(body) as Label
export const labelRow = (label: Label, version: number, isHeard: boolean): DocumentRow => ({
  id: labelDocument(label.payment),
  version,
  dueAt: isHeard ? undefined : label.at,
  body: JSON.stringify(label),
})

/** On a desk that has the label's document, if there is one. Saying the same again changes nothing. */
export function sayLabel(desk: Desk, label: Omit<Label, 'at'>): void {
  const row = desk.document(labelDocument(label.payment))
  if (row !== undefined && readLabel(row).isFraud === label.isFraud) return
  desk.saveDocument(labelRow({ ...label, at: desk.now }, row?.version ?? 0, false))
}

/**
 * Whether a chargeback says that somebody else paid. The schemes' lists of reasons: fraud is Visa's group 10, Mastercard's 4837, 4840, 4849, 4863, 4870 and 4871, and
 * American Express's group F. A customer who did not get his goods was still the customer.
 */
export const isFraudReason = (reason: string): boolean => /^(?:10(?:\.\d+)?|48(?:37|40|49|63|70|71)|F\d+|fraud)$/i.test(reason.trim())
