import { beforeEach, expect, test } from 'vitest'
import { readCase } from './case.ts'
import { RiskEngine, sameBits } from './engine.ts'
import { featureNames } from './features.ts'
import type { Judgement } from './judgement.ts'
import { decodeRecord, type DecisionRecord } from './record.ts'
import { firstSettings } from './settings.ts'
import { conserve } from '../bank/conservation.ts'
import { demoShop } from '../demo-shop.ts'
import { firstTerms } from '../merchants/terms.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { requestOf, sale, type TestTill } from '../test-rig.ts'
import type { Id } from '#protocol/ids.ts'
import { rulesAsClosures, type RiskRule } from '#protocol/risk/rules.ts'
import { MINUTE } from '#protocol/time.ts'

const rules: RiskRule[] = [
  {
    id: 'wave',
    says: 'Four payments within the hour',
    outcome: 'decline',
    when: {
      all: [
        { feature: 'card_count_1h', above: 2 },
        { feature: 'amount', above: 1000 },
      ],
    },
  },
]
const judgement: Judgement = { rules: { version: 1, rules, fire: rulesAsClosures(rules, featureNames) }, model: undefined, listed: () => undefined }

let counter: Counter
beforeEach(async () => {
  counter = await openCounter({ risk: { judgement }, firstTerms: firstTerms(demoShop), terms: { fundsMinor: 5_000_00 } })
})

const recordsOf = async (): Promise<DecisionRecord[]> =>
  (await counter.rig.ports.store.riskLog(0, 1000)).map(({ body }) => decodeRecord(body)).filter((record) => record.kind === 'decision')

/**
 * Two tills lose the network, and a stolen wallet is shown at them again and again. Meanwhile the third goes on selling, so that its payments are younger than
 * those that the hub hears of last.
 */
test('a fraud wave that begins while tills are offline is judged by when it happened', async () => {
  const { rig, till: online, wallet: stolen } = counter
  const alone = [await rig.till(), await rig.till()]
  const honest = await rig.wallet()
  const payments: Id[] = []
  const take = (till: TestTill, who: typeof stolen, amountMinor: number, isAlone: boolean) => {
    const at = rig.clock.now()
    const { bytes } = requestOf(till.id, amountMinor, at)
    const one = sale(amountMinor, who.bound(bytes, at), { request: bytes })
    payments.push(one.paymentId)
    till.write(one.intended, at)
    till.write(isAlone ? one.acceptedOffline : one.held, at)
    till.write(one.captured, at)
    till.write(one.completed, at)
  }
  let sent = 0
  for (let k = 0; k < 12; k++) {
    for (const [n, till] of alone.entries()) if (k % 2 === n) take(till, stolen, 30_00 + k * 100, true)
    take(online, honest, 5_00, false)
    await rig.send(online, online.batch(sent + 1))
    sent = online.entries.length
    rig.clock.advance(9 * MINUTE)
  }
  for (const till of alone) await rig.send(till, till.batch(1))

  const records = await recordsOf()
  // No decision is lost, and none is made twice.
  expect(records.map(({ payment }) => payment).toSorted()).toEqual(payments.toSorted())
  const late = records.filter(({ wasTaken, card }) => wasTaken && card === stolen.wallet)
  expect(late.length).toBe(12)
  // Heard of last, and in the order of the tills: each is judged by what had happened by its own time at the till that says so.
  const first = late.filter(({ terminal }) => terminal === alone[0]?.id)
  expect(first.map(({ features }) => features[featureNames.indexOf('card_count_1h')])).toEqual([0, 1, 2, 3, 3, 3])
  const wave = new RiskEngine(() => ({ judgement, settings: firstSettings }))
  for (const record of first) expect(sameBits(wave.ask(record).record.features, record.features)).toBe(true)
  // The second till's are heard of after the first's, with which they alternate: what is known by then is counted where it happened.
  const second = late.filter(({ terminal }) => terminal === alone[1]?.id)
  expect(second.map(({ features }) => features[featureNames.indexOf('card_count_1h')])).toEqual([1, 3, 5, 6, 6, 6])

  // Nothing that was taken is undone: it is paid, and people look at what risk would have declined.
  const cases = await rig.ports.store.documents({ prefix: 'risk-case/', limit: 100 })
  expect(cases.map(readCase).every(({ wasTaken, outcome, heldMinor }) => wasTaken && outcome === 'decline' && heldMinor === 0)).toBe(true)
  expect(cases.length).toBe(late.filter(({ outcome }) => outcome === 'decline').length)
  expect(cases.length).toBeGreaterThanOrEqual(8)
  const money = await counter.money()
  expect(money.merchant).toBe(12 * 5_00 + late.reduce((sum, { amountMinor }) => sum + amountMinor, 0))
  expect((await conserve(rig.ports.store, rig.clock.now())).faults).toEqual([])

  // From now on the wallet is lent nothing, and online it is declined.
  await rig.lender.renew(stolen.wallet, Buffer.from(stolen.device.publicKey).toString('hex'))
  expect((await rig.lender.find(stolen.wallet))?.lending.credentials.at(-1)?.limitMinor).toBe(0)
  take(online, stolen, 20_00, false)
  online.entries.splice(-3)
  await rig.send(online, online.batch(sent + 1))
  expect(await rig.payment(payments.at(-1) ?? '')).toMatchObject({ verdict: 'risk.declined', funds: 'none', capturedMinor: 0 })
})
