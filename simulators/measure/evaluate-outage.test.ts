import { expect, it } from 'vitest'
import { DAY } from '#protocol/time.ts'
import { LABEL_DELAY } from '../../hub/risk/history.ts'
import { evaluateOutage, townTransactions } from './evaluate-outage.ts'
import type { Transactions } from './transactions.ts'

const all = townTransactions(40_000)
const evaluated = (transactions: Transactions) => {
  const read = evaluateOutage(transactions)
  if (!read.ok) throw new Error(read.detail)
  return read.value
}
const flippedFrom = (from: number, until: number): Transactions => ({
  ...all,
  fraud: all.fraud.map((fraud, i) => ((all.at[i] ?? 0) > from && (all.at[i] ?? 0) <= until ? 1 - fraud : fraud)),
})

it('on an invented town: the model costs less than caps or rules, and no decision knows what could not be known', () => {
  const { rows, metrics } = evaluated(all)
  const [no, caps, rules, model] = rows
  expect(no).toMatchObject({ loss_share: 1, refused: 0 })
  expect(model?.cost_minor).toBeLessThan(Math.min(caps?.cost_minor ?? 0, rules?.cost_minor ?? 0))
  expect(model?.refused).toBeGreaterThanOrEqual(caps?.refused ?? 0)
  expect(metrics['model_bytes']).toBeLessThan(16_384)
  const refused = (transactions: Transactions): readonly number[] => evaluated(transactions).rows.map((row) => row.refused)
  const last = all.at[all.count - 1] ?? 0
  expect(refused(flippedFrom(last - LABEL_DELAY, last))).toEqual(rows.map((row) => row.refused))
  // The same number of labels that were known changes decisions.
  expect(refused(flippedFrom(last - LABEL_DELAY - 10 * DAY, last - LABEL_DELAY))).not.toEqual(rows.map((row) => row.refused))
})
