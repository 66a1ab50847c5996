import type { FeeSchedule } from '../merchants/merchant.ts'
import { scale, type Minor } from '#protocol/money.ts'

/** What a merchant pays for a payment. Whole minor units; shares are rounded by `scale`, once each. Pure. */
export type Fee = { readonly feeMinor: Minor; readonly taxMinor: Minor }
export type FeeInstrument = FeeSchedule['rates'][number]['instrument']

const MILLION = 1_000_000
export const NO_FEE: Fee = { feeMinor: 0, taxMinor: 0 }

/**
 * `volumeMinor`: what was sold in this month before this payment, whose step counts for the whole of it. A share of an amount is never more than the amount; only a
 * fixed part or a least fee can be. What stands at 0 costs nothing.
 */
export function feeOf(schedule: FeeSchedule, instrument: FeeInstrument, amountMinor: Minor, volumeMinor: bigint): Fee {
  const rate = schedule.rates.find((candidate) => candidate.instrument === instrument)
  if (rate === undefined || amountMinor === 0) return NO_FEE
  const ppm = rate.tiers.findLast(({ fromMinor }) => BigInt(fromMinor) <= volumeMinor)?.ppm ?? 0
  const wanted = Math.max(scale(amountMinor, ppm, MILLION) + rate.fixedMinor, rate.minimumMinor)
  return taxed(schedule, rate.maximumMinor === undefined ? wanted : Math.min(wanted, rate.maximumMinor))
}

export const taxed = ({ taxPpm }: Pick<FeeSchedule, 'taxPpm'>, feeMinor: Minor): Fee => ({ feeMinor, taxMinor: scale(feeMinor, taxPpm, MILLION) })

/**
 * What comes back of a fee when `refundedMinor` of `capturedMinor` have gone back, the last `partMinor` of them just now. Over all parts that is exactly the fee:
 * each gets what the whole has come to, less what was there before.
 */
export function feeBack(paid: Fee, capturedMinor: Minor, refundedMinor: Minor, partMinor: Minor): Fee {
  if (capturedMinor === 0) return NO_FEE
  const part = (whole: Minor): Minor => scale(whole, refundedMinor, capturedMinor) - scale(whole, Math.max(0, refundedMinor - partMinor), capturedMinor)
  return { feeMinor: part(paid.feeMinor), taxMinor: part(paid.taxMinor) }
}
