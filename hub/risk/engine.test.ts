import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { train } from './boosting.ts'
import { uncalibrated } from './calibration.ts'
import { RiskEngine, sameBits, type RiskQuestion, type RiskSource } from './engine.ts'
import { featureNames, FEATURES } from './features.ts'
import { LABEL_DELAY } from './history.ts'
import { logitOf, type RiskModel } from './learning.ts'
import { contributionsOf, topReasons } from './reasons.ts'
import { decodeRecord, encodeRecord, type RiskRecord } from './record.ts'
import { firstSettings } from './settings.ts'
import { chooseThresholds, outcomeAt, outcomes, type Scored } from './thresholds.ts'
import { makeId } from '#protocol/ids.ts'
import { rulesAsClosures } from '#protocol/risk/rules.ts'
import { DAY, HOUR } from '#protocol/time.ts'

/** Random numbers, and labels that follow from two of them. */
function modelOf(rows: number, seed: number): { readonly model: RiskModel; readonly vector: (k: number) => Float64Array } {
  let state = seed
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const all = Float64Array.from({ length: rows * FEATURES }, () => Math.floor(next() * 1000) / 10)
  const labels = Uint8Array.from({ length: rows }, (_, r) => ((all[r * FEATURES] ?? 0) + (all[r * FEATURES + 17] ?? 0) > 120 || next() < 0.05 ? 1 : 0))
  const one = (trees: number) => train(all, labels, FEATURES, { trees, rate: 0.1, lambda: 1, leastWeight: 1 })
  return { model: { members: [one(30), one(20)], shift: -1.5 }, vector: (k) => all.slice(k * FEATURES, (k + 1) * FEATURES) }
}

describe('reasons', () => {
  const { model, vector } = modelOf(400, 7)
  test('the contributions of all features and the bias are the logit', () => {
    for (let k = 0; k < 100; k++) {
      const { bias, byFeature } = contributionsOf(model, vector(k))
      expect(bias + byFeature.reduce((sum, one) => sum + one, 0)).toBeCloseTo(logitOf(model, vector(k)), 10)
    }
  })
  test('only what trees asked about contributes, and the strongest comes first', () => {
    const reasons = topReasons(contributionsOf(model, vector(3)), vector(3), 66)
    expect(reasons.map(({ contribution }) => contribution)).toEqual(reasons.map(({ contribution }) => contribution).toSorted((a, b) => b - a))
    const { byFeature } = contributionsOf(
      { members: [{ ...train(new Float64Array(0), new Uint8Array(0), FEATURES, { trees: 1, rate: 0.1, lambda: 1, leastWeight: 1 }) }], shift: 0 },
      vector(0),
    )
    expect(byFeature.every((one) => one === 0)).toBe(true)
  })
})

describe('records', () => {
  const id = makeId(1_760_000_000_000, new Uint8Array(10).fill(3))
  const value = fc.oneof(fc.constantFrom(0, -0, -1, 1, 2 ** 34, 2 ** 36, 0.1, -7.5, Number.MAX_SAFE_INTEGER), fc.double({ noNaN: true }), fc.nat())
  test('say the same when they are read, bit by bit', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: FEATURES, maxLength: FEATURES }),
        fc.oneof(fc.constant('0123456789abcdef0123456789abcdef'), fc.string({ minLength: 1, maxLength: 40 })).filter((text) => text.isWellFormed()),
        fc.constantFrom(...outcomes),
        fc.option(fc.double({ noNaN: true }), { nil: undefined }),
        fc.uniqueArray(fc.nat(199), { maxLength: 200 }),
        (features, card, outcome, logit, fired) => {
          const record: RiskRecord = {
            kind: 'decision',
            payment: id,
            at: 1_760_000_000_001,
            card,
            terminal: id,
            amountMinor: 12_345,
            currency: 'EUR',
            outcome,
            wasTaken: true,
            wasConfirmed: false,
            listed: 'allowed',
            rulesVersion: 3,
            modelVersion: 300,
            settingsVersion: 70_000,
            logit,
            probability: logit === undefined ? undefined : 0.25,
            fired,
            reasons: [1, 65],
            features: Float64Array.from(features),
          }
          const read = decodeRecord(encodeRecord(record))
          expect(read.kind === 'decision' && sameBits(read.features, record.features)).toBe(true)
          expect({ ...read, features: 0 }).toEqual({ ...record, features: 0 })
        },
      ),
      { numRuns: 100 },
    )
    const label: RiskRecord = { kind: 'label', of: 7, at: 5, heardAt: 2 ** 40, isFraud: true, card: 'w', terminal: id }
    expect(decodeRecord(encodeRecord(label))).toEqual(label)
  })
  test('that are torn are not read', () => {
    const bytes = encodeRecord({ kind: 'label', of: 7, at: 5, heardAt: 9, isFraud: true, card: 'w', terminal: id })
    for (let length = 0; length < bytes.length; length++) expect(() => decodeRecord(bytes.subarray(0, length))).toThrow()
  })
})

describe('thresholds', () => {
  const payments: readonly Scored[] = Array.from({ length: 2000 }, (_, k) => ({
    probability: (k % 100) / 100,
    isFraud: (k * 37) % 100 < k % 100,
    amountMinor: 2000 + (k % 7) * 1000,
  }))
  const { costs, bounds } = firstSettings
  test('cost less than any others within the bounds, as counted by hand, and keep to the capacity', () => {
    const chosen = chooseThresholds(payments, costs, bounds, 10)
    const cost = (thresholds: typeof chosen): number =>
      payments.reduce((sum, { probability, isFraud, amountMinor }) => {
        const [loss, margin] = [isFraud ? amountMinor * costs.lossShare : 0, isFraud ? 0 : amountMinor * costs.marginShare]
        const of = {
          approve: loss,
          challenge: loss * (1 - costs.challengeStops) + margin * costs.challengeLeaves,
          review: loss * (1 - costs.reviewSaves) + costs.reviewMinor,
          decline: margin,
        }
        return sum + of[outcomeAt(probability, thresholds)]
      }, 0)
    const reviews = (thresholds: typeof chosen): number => payments.filter(({ probability }) => outcomeAt(probability, thresholds) === 'review').length
    expect(reviews(chosen)).toBeLessThanOrEqual(300)
    for (const decline of [0.5, 0.6, 0.75, 0.99])
      for (const review of [0.1, 0.3, 0.5, 0.8])
        for (const challenge of [0.02, 0.1, 0.3, 0.5]) {
          const other = { challenge, review, decline }
          // The candidates are 40 a threshold, so a hair is allowed.
          if (challenge <= review && review <= decline && reviews(other) <= 300) expect(cost(chosen)).toBeLessThanOrEqual(cost(other) * 1.01)
        }
  })
  test('never leave what a person allowed, whatever happened', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ probability: fc.double({ min: 0, max: 1, noNaN: true }), isFraud: fc.boolean(), amountMinor: fc.nat(100_000) }), {
          maxLength: 60,
        }),
        (scored) => {
          const chosen = chooseThresholds(scored, costs, bounds, 1)
          expect(chosen.challenge <= chosen.review && chosen.review <= chosen.decline).toBe(true)
          for (const name of ['challenge', 'review', 'decline'] as const) expect(chosen[name] >= bounds[name][0] && chosen[name] <= bounds[name][1]).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })
})

describe('the engine', () => {
  const rules = [{ id: 'twice', says: 'Twice within the hour', outcome: 'review' as const, when: { feature: 'card_count_1h', above: 1 } }]
  const { model } = modelOf(300, 11)
  const source = (): RiskSource => ({
    judgement: {
      rules: { version: 1, rules, fire: rulesAsClosures(rules, featureNames) },
      model: { version: 4, model, calibration: uncalibrated },
      listed: (_kind, key) => (key === 'bad' ? 'blocked' : undefined),
    },
    settings: firstSettings,
  })
  let made = 0
  const question = (at: number, card = 'a', over: Partial<RiskQuestion> = {}): RiskQuestion => {
    const random = new Uint8Array(10)
    new DataView(random.buffer).setUint32(4, ++made)
    return {
      payment: makeId(at, random),
      at,
      card,
      terminal: 't',
      amountMinor: 1000 + (made % 9) * 500,
      currency: 'EUR',
      wasTaken: false,
      wasConfirmed: false,
      ...over,
    }
  }

  test('killed anywhere, restored from what was kept and the log: every number is the same, late payments and labels included', () => {
    const begin = Date.UTC(2027, 0, 4)
    const whole = new RiskEngine(source)
    const log: { seq: number; body: Uint8Array }[] = []
    const kept: { at: number; saved: ReturnType<RiskEngine['save']> }[] = []
    for (let k = 0; k < 400; k++) {
      // One in ten comes hours or days late, as from a till that was alone.
      const at = begin + k * HOUR - (k % 10 === 9 ? (k % 7) * 9 * HOUR : 0)
      const row = whole.ask(question(at, `card-${k % 5}`, { terminal: `till-${k % 3}` }))
      log.push(row)
      const heard = { of: row.seq, at, card: `card-${k % 5}`, terminal: `till-${k % 3}`, isFraud: true, heardAt: begin + k * HOUR }
      if (k % 13 === 0) log.push(whole.hear(heard))
      whole.committed()
      if (k % 57 === 0) kept.push({ at: log.length, saved: structuredClone(whole.save()) })
    }
    for (const { at, saved } of [...kept, { at: 0, saved: undefined }]) {
      const again = new RiskEngine(source, saved)
      for (const row of log.slice(at)) expect(again.replay(row).differs).toBe(false)
      expect(again.save()).toEqual(whole.save())
    }
  })

  test('a label counts when the delay is over, and one that comes later when it is heard', () => {
    const begin = Date.UTC(2027, 0, 4)
    const frauds = (engine: RiskEngine, at: number): number => engine.ask(question(at)).record.features[featureNames.indexOf('card_frauds')] ?? -1
    const early = new RiskEngine(source)
    const { seq, record } = early.ask(question(begin))
    const label = { of: seq, at: record.at, card: 'a', terminal: 't', isFraud: true }
    early.hear({ ...label, heardAt: begin + DAY })
    expect([frauds(early, begin + 2 * DAY), frauds(early, begin + LABEL_DELAY)]).toEqual([0, 1])
    const late = new RiskEngine(source)
    late.ask(question(begin))
    expect(frauds(late, begin + 30 * DAY)).toBe(0)
    late.hear({ ...label, heardAt: begin + 31 * DAY })
    // Said twice, it is one fraud.
    late.hear({ ...label, heardAt: begin + 32 * DAY })
    expect(frauds(late, begin + 33 * DAY)).toBe(1)
  })

  test('a turn that is judged again gets the same answers; one that asks otherwise is found out', () => {
    const engine = new RiskEngine(source)
    const [first, second] = [question(DAY * 20_000), question(DAY * 20_000 + 1)]
    const one = engine.ask(first)
    expect(engine.ask(first)).toEqual(one)
    const both = [one, engine.ask(second)]
    expect(engine.isAll(both)).toBe(true)
    expect(engine.isAll(both.slice(0, 1))).toBe(false)
    expect(engine.isAll(both.toReversed())).toBe(false)
  })

  test('the hardest of rules, model and lists decides, and says why', () => {
    const engine = new RiskEngine(source)
    const at = DAY * 20_000 + 3 * HOUR
    expect(engine.ask(question(at, 'bad')).record).toMatchObject({ outcome: 'decline', listed: 'blocked', modelVersion: 4 })
    for (let k = 0; k < 3; k++) engine.ask(question(at + k, 'busy'))
    const { record } = engine.ask(question(at + 4, 'busy'))
    expect(record.fired).toEqual([0])
    expect(['review', 'decline']).toContain(record.outcome)
    expect(record.reasons.length).toBeGreaterThan(0)
  })
})
