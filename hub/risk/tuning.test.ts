import { expect, test } from 'vitest'
import { labelRow } from './labels.ts'
import { uncalibrated } from './calibration.ts'
import { FEATURES } from './features.ts'
import { encodeRecord } from './record.ts'
import { firstSettings, type RiskSettings } from './settings.ts'
import { tune } from './tuning.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { makeId } from '#protocol/ids.ts'
import { ok } from '#protocol/outcome.ts'
import { DAY, HOUR } from '#protocol/time.ts'

const NOW = Date.UTC(2027, 3, 1)
const judgement = { model: { version: 2, model: { members: [], shift: 0 }, calibration: uncalibrated } }

/** A month in which nearly everything from 0.6 on was fraud, and hardly anything below. */
async function month(over: { readonly model?: number; readonly declined?: boolean } = {}) {
  const store = openMemoryStore(memoryDisk())
  const rows = Array.from({ length: 1000 }, (_, k) => {
    const random = new Uint8Array(10)
    new DataView(random.buffer).setUint32(4, k)
    const at = NOW - 36 * DAY + k * HOUR * 0.7
    const payment = makeId(at, random)
    const probability = (k % 100) / 100
    return { seq: k + 1, at, payment, probability, isFraud: probability >= 0.6 && k % 10 !== 0 }
  })
  await store.commit({
    riskLog: rows.map(({ seq, at, payment, probability }) => ({
      seq,
      at,
      body: encodeRecord({
        kind: 'decision',
        payment,
        at: Math.floor(at),
        card: 'w',
        terminal: 't',
        amountMinor: 5000,
        currency: 'EUR',
        outcome: over.declined === true ? 'decline' : 'approve',
        wasTaken: false,
        wasConfirmed: false,
        listed: undefined,
        rulesVersion: 0,
        modelVersion: over.model ?? 2,
        settingsVersion: 0,
        logit: 0,
        probability,
        fired: [],
        reasons: [],
        features: new Float64Array(FEATURES),
      }),
    })),
    documents: rows.filter(({ isFraud }) => isFraud).map(({ payment, at }) => labelRow({ payment, isFraud: true, at, from: 'case', by: 'Ann' }, 0, true)),
  })
  let settings: RiskSettings = { ...firstSettings, costs: { ...firstSettings.costs, reviewsPerDay: 0 } }
  const desk = {
    get settings() {
      return settings
    },
    set: (wanted: Omit<RiskSettings, 'version' | 'at' | 'by'>, by: string) => {
      settings = { ...wanted, version: settings.version + 1, at: NOW, by }
      return Promise.resolve(ok(settings))
    },
  }
  return { ports: { clock: { now: () => NOW }, store, desk, judgement }, desk }
}

test('thresholds follow what things cost, within the bounds, and are a version of their own', async () => {
  const { ports, desk } = await month()
  expect(await tune(ports)).toBe('changed')
  const { thresholds, version, by } = desk.settings
  // To decline an honest payment costs 15.00 and to approve a fraud 50.00: from 0.6 on to decline is right, and below it nothing is.
  expect(thresholds.decline).toBeGreaterThan(0.5)
  expect(thresholds.decline).toBeLessThanOrEqual(0.62)
  expect(thresholds.challenge).toBeGreaterThanOrEqual(0.4)
  expect([version, by]).toEqual([1, 'hub'])
  expect(await tune(ports)).toBe('as it was')
})

test('another model’s scores and the hub’s own refusals prove nothing', async () => {
  expect(await tune((await month({ model: 1 })).ports)).toBe('too few frauds')
  const declined = await month({ declined: true })
  // Only those that somebody has labelled are left, and all of them are fraud.
  expect(await tune(declined.ports)).toBe('changed')
  expect(declined.desk.settings.thresholds.decline).toBeLessThan(0.61)
})
