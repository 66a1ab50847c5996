import type { StatementLine } from './camt053.ts'
import { payoutOf } from './pain001.ts'
import type { Assignment, WhyOpen } from './rows.ts'
import type { Id } from '#protocol/ids.ts'
import type { Payout } from '../settlement/payout.ts'
import type { Currency, Minor } from '#protocol/money.ts'

/** What has to be known of a payout to match it. */
export type KnownPayout = Pick<Payout, 'payoutId' | 'currency' | 'amountMinor' | 'state'>

export type MatchRules = {
  /** Charges up to this are the bank's fees without anybody looking. */
  readonly feesUpToMinor: Minor
  /** By whom acquirers settle: part of the words of a line. */
  readonly acquirers: readonly { readonly id: string; readonly words: string }[]
}
export type Facts = {
  readonly currency: Currency
  payout(id: Id): KnownPayout | undefined
  /** What an acquirer has promised and not paid out. */
  owedBy(acquirer: string): bigint
}
export type Match = { readonly as: Assignment } | { readonly why: WhyOpen }

/** ExternalBankTransactionSubFamily1Code: charges, commission, fees, interest on the bank's side. */
const FEES = new Set(['CHRG', 'COMM', 'COMT', 'FEES', 'BRKF'])

/**
 * What a booked line was, if that is beyond doubt: a payout by its own id, exact amount and currency and in the state that the movement follows from; a charge up to a bound; a
 * settlement by an acquirer of no more than it owes. Everything else is for a person. Never guesses by amount alone.
 */
export function matchLine(line: StatementLine, rules: MatchRules, facts: Facts): Match {
  const named = payoutOf(line.endToEndId)
  if (named !== undefined) return matchPayout(line, facts.payout(named), facts)
  if (line.minor < 0n && FEES.has(line.code.split('/').at(-1) ?? '')) {
    return -line.minor <= BigInt(rules.feesUpToMinor) ? { as: { to: 'fees' } } : { why: 'fee too high' }
  }
  const words = line.text.toLowerCase()
  const acquirer = line.minor > 0n ? rules.acquirers.find((each) => words.includes(each.words.toLowerCase())) : undefined
  if (acquirer === undefined) return { why: 'unknown' }
  return line.minor <= facts.owedBy(acquirer.id) ? { as: { to: 'acquirer', acquirer: acquirer.id } } : { why: 'more than owed' }
}

function matchPayout(line: StatementLine, payout: KnownPayout | undefined, { currency }: Facts): Match {
  if (payout === undefined) return { why: 'unknown' }
  const amount = line.minor < 0n ? -line.minor : line.minor
  if (payout.currency !== currency || payout.amountMinor !== amount) return { why: 'other amount' }
  if (line.minor > 0n)
    return payout.state === 'settled' ? { as: { to: 'returned', payout: payout.payoutId } } : { why: payout.state === 'returned' ? 'twice' : 'not settled' }
  if (payout.state === 'sent' || payout.state === 'accepted') return { as: { to: 'payout', payout: payout.payoutId } }
  return { why: payout.state === 'settled' || payout.state === 'returned' ? 'twice' : 'not sent' }
}
