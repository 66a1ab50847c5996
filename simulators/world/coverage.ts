import { paymentSteps } from '#protocol/journal/payment.ts'
import { gateActions } from '#protocol/till-api/api.ts'
import { bankMoves } from './bank-side.ts'
import { escrowMoves } from './escrow-watch.ts'
import { exchangeMoves } from './exchange-world.ts'
import { goodsMoves } from './goods-work.ts'
import { fundsMoves } from './hub-watch.ts'
import { disputeMoves } from './money-disputes.ts'
import { laneMoves } from './lane-world.ts'
import { atHubMoves } from './phone-work.ts'
import { orderMoves } from './order-work.ts'
import { phoneMoves } from './phones.ts'
import { policyMoves } from './policy-watch.ts'
import { returnMoves } from './return-truth.ts'
import { basketMoves } from './sale-watch.ts'
import { schemeMoves } from './scheme-bank.ts'
import { riskMoves } from './risk-watch.ts'
import { settlementMoves } from './settlement-watch.ts'
import { staffMoves } from './staff.ts'
import { tenderMoves } from './tender-work.ts'
import { screenMoves } from './till-watch.ts'

/**
 * Steps of the payment machine that no hub and no till of this code can take, whoever else lies: each with the reason. They must stay unreached: one that
 * is reached after all is news, and fails the run like one that never is.
 */
export const impossibleSteps: Readonly<Record<string, string>> = {
  'INTENDED hub.quarantined': 'the hub quarantines over a capture that contradicts its intent, and one that comes without a decision is set aside before that',
  'UNKNOWN hub.quarantined': 'the hub quarantines over a capture that contradicts its intent, and one that comes without a decision is set aside before that',
}

/** What refunds can do: where it was asked for, and how it ended. */
export const refundMoves = ['own > refunded', 'own > refunded in full', 'own > voided', 'own > refused', 'request > approved', 'request > declined'] as const

/** An action that money hangs on: passed, or refused. */
export const gateMoves: readonly string[] = gateActions.flatMap((action) => [`${action} > passed`, `${action} > refused`])

/** What can happen to notes and coins: at a till, and when a drawer is counted at the hub. */
export const cashMoves = ['taken', 'rounded', 'given back', 'opened', 'moved in', 'moved out', 'counted right', 'counted over', 'counted short'] as const

export const epochReasons = ['enrolled', 'restored', 'damaged'] as const

/** Everything that payments, their money, baskets, screens, refunds, gates, drawers and journals can do from one state to the next. */
export const allMoves: readonly string[] = [
  ...paymentSteps.filter((step) => impossibleSteps[step] === undefined).map((step) => `payment ${step}`),
  ...fundsMoves.map((move) => `funds ${move}`),
  ...screenMoves.map((move) => `screen ${move}`),
  ...refundMoves.map((move) => `refund ${move}`),
  ...gateMoves.map((move) => `gate ${move}`),
  ...cashMoves.map((move) => `cash ${move}`),
  ...staffMoves.map((move) => `staff ${move}`),
  ...returnMoves.map((move) => `return ${move}`),
  ...basketMoves.map((move) => `basket ${move}`),
  ...goodsMoves.map((move) => `goods ${move}`),
  ...phoneMoves.map((move) => `phones ${move}`),
  ...policyMoves.map((move) => `policy ${move}`),
  ...laneMoves.map((move) => `lanes ${move}`),
  ...tenderMoves.map((move) => `tender ${move}`),
  ...atHubMoves.map((move) => `at hub ${move}`),
  ...schemeMoves.map((move) => `scheme ${move}`),
  ...settlementMoves.map((move) => `settlement ${move}`),
  ...escrowMoves.map((move) => `escrow ${move}`),
  ...exchangeMoves.map((move) => `exchange ${move}`),
  ...orderMoves.map((move) => `order ${move}`),
  ...disputeMoves.map((move) => `disputes ${move}`),
  ...riskMoves.map((move) => `risk ${move}`),
  ...bankMoves.map((move) => `bank ${move}`),
  ...epochReasons.map((reason) => `epoch ${reason}`),
]

/** With fewer worlds than this a move that never happened may be mere chance. */
export const ENOUGH = { seeds: 1000, steps: 500 } as const

export type Coverage = { readonly reached: number; readonly missed: readonly string[]; readonly impossible: readonly string[] }

export function coverageOf(moves: ReadonlySet<string>): Coverage {
  const missed = allMoves.filter((move) => !moves.has(move))
  return { reached: allMoves.length - missed.length, missed, impossible: Object.keys(impossibleSteps).filter((step) => moves.has(`payment ${step}`)) }
}
