import type { ErrorCode } from '#protocol/errors.ts'
import { DAY, HOUR, type DurationMs } from '#protocol/time.ts'

/** Field 39 of ISO 8583:1987 as schemes use it. */
const approved: ReadonlySet<string> = new Set(['00', '08', '11'])
export const isApproval = (code: string): boolean => approved.has(code)

/** A reversal has done its work when there is nothing left to undo: it was undone, undone before, or never heard of. */
const undone: ReadonlySet<string> = new Set(['00', '21', '25', '94'])
export const isUndone = (code: string): boolean => undone.has(code)

const stopped: ErrorCode = 'acquirer.card_stopped'
const reasons: Readonly<Record<string, ErrorCode>> = {
  '04': stopped,
  '07': stopped,
  '14': stopped,
  '33': 'card.expired',
  '36': stopped,
  '41': stopped,
  '43': stopped,
  '46': stopped,
  '51': 'acquirer.insufficient_funds',
  '54': 'card.expired',
  '61': 'acquirer.over_limit',
  '65': 'acquirer.over_limit',
}
export const reasonOf = (code: string): ErrorCode => reasons[code] ?? 'acquirer.declined'

/**
 * After these nobody may ask again for this payment, whatever his schedule: the card is gone, or its holder has said no. Schemes fine merchants who do
 * (Visa's category 1, Mastercard's merchant advice 03 and 21). 94: the acquirer knows the reference of something else that was asked for this payment, by a hub
 * that was put back to a backup since. It may have taken that, and under the next reference would take it again: a person compares with its file.
 */
const final: ReadonlySet<string> = new Set(['04', '07', '12', '13', '14', '15', '33', '36', '41', '43', '46', '54', '57', '62', '94', 'R0', 'R1', 'R3'])
export const isFinal = (code: string): boolean => final.has(code)

/** Asking again after a refusal that may pass: not sooner than schemes want it, over a wage's day, and never more than they allow (15 times in 30 days). */
const retryDelays: readonly DurationMs[] = [6 * HOUR, 1 * DAY, 3 * DAY, 7 * DAY, 14 * DAY]
/** After so many attempts have failed. Undefined: never by itself. */
export const cardRetryDelay = (attempts: number): DurationMs | undefined => retryDelays[attempts]
