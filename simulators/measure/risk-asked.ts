import { makeId, type Id } from '#protocol/ids.ts'
import { uncalibrated } from '../../hub/risk/calibration.ts'
import { RiskEngine } from '../../hub/risk/engine.ts'
import type { RulesInForce } from '../../hub/risk/judgement.ts'
import type { RiskModel } from '../../hub/risk/learning.ts'
import { firstSettings } from '../../hub/risk/settings.ts'
import { rounded } from './percentile.ts'
import type { Paid } from './town.ts'

const A_TURN = 200
const WARM = 10_000

/** What settling pays for a decision: the same, with lists, reasons where there is something to say, and the record that goes into the log. */
export function asked(paid: readonly Paid[], rules: RulesInForce, model: RiskModel): { readonly asked_us: number; readonly record_bytes: number } {
  const judgement = { rules, model: { version: 1, model, calibration: uncalibrated }, listed: () => undefined }
  const engine = new RiskEngine(() => ({ judgement, settings: firstSettings }))
  let made = 0
  const ids = new Map<string, Id>()
  const idOf = (name: string): Id => {
    const known = ids.get(name)
    if (known !== undefined) return known
    const random = new Uint8Array(10)
    new DataView(random.buffer).setUint32(4, ++made)
    const id = makeId(1, random)
    ids.set(name, id)
    return id
  }
  const questions = paid.map(({ at, card, terminal, amountMinor }, k) => ({
    payment: idOf(`payment-${k}`),
    at,
    card: idOf(card),
    terminal: idOf(terminal),
    amountMinor,
    currency: 'EUR' as const,
    wasTaken: false,
    wasConfirmed: false,
  }))
  let bytes = 0
  let before = process.cpuUsage()
  for (const [k, question] of questions.entries()) {
    if (k === WARM) before = process.cpuUsage()
    const { body } = engine.ask(question)
    if (k >= WARM) bytes += body.length
    if (k % A_TURN === A_TURN - 1) engine.committed()
  }
  const { user, system } = process.cpuUsage(before)
  const counted = questions.length - WARM
  return { asked_us: rounded((user + system) / counted, 1), record_bytes: Math.round(bytes / counted) }
}
