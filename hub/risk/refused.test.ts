import { expect, it } from 'vitest'
import { RiskEngine } from './engine.ts'
import { featureNames } from './features.ts'
import { inForce } from './rule-sets.ts'
import { firstSettings } from './settings.ts'
import { makeId } from '#protocol/ids.ts'
import { DAY, HOUR } from '#protocol/time.ts'

const START = Date.UTC(2027, 0, 4)
const usual = featureNames.indexOf('card_mean_legitimate')
const rules = inForce(1, [{ id: 'large', says: 'Large', outcome: 'decline', when: { feature: 'amount', above: 500_00 } }])
const source = () => ({ judgement: { rules, model: undefined, listed: () => undefined }, settings: firstSettings })
let ids = 0

function pay(engine: RiskEngine, at: number, amountMinor: number) {
  const payment = makeId(at, new Uint8Array(10).fill(++ids))
  const { seq, body, record } = engine.ask({
    payment,
    at,
    card: 'stolen',
    terminal: 'till',
    amountMinor,
    currency: 'EUR',
    wasTaken: false,
    wasConfirmed: false,
  })
  engine.committed()
  return { seq, body, usual: record.features[usual], outcome: record.outcome }
}

it('large payments that were refused do not become what a card usually pays, neither now nor after a start from a snapshot or the log', () => {
  const engine = new RiskEngine(source)
  const rows = [...Array(6).keys()].map((day) => pay(engine, START + day * DAY, 20_00))
  for (let hour = 0; hour < 20; hour++) rows.push(pay(engine, START + 6 * DAY + hour * HOUR, 900_00))
  expect(rows.at(-1)?.outcome).toBe('decline')
  const fromLog = new RiskEngine(source)
  for (const row of rows) expect(fromLog.replay(row)).toEqual({ differs: false })
  const all = [engine, new RiskEngine(source, structuredClone(engine.save())), fromLog]
  for (const one of all) expect(pay(one, START + 20 * DAY, 20_00).usual).toBe(20_00)
})
