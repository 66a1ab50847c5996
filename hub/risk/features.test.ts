import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR, type EpochMs } from '#protocol/time.ts'
import { bookFeatures, featureNames, FEATURES, FeaturePass, type RiskEvent, type SavedPass } from './features.ts'
import { LABEL_DELAY } from './history.ts'

const START = Date.UTC(2027, 0, 4)
type Paid = RiskEvent & { readonly fraud: boolean }
const shop = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 40 * 24 }).map((hours) => START + hours * HOUR),
    card: fc.constantFrom('a', 'b', 'c'),
    terminal: fc.constantFrom('x', 'y'),
    amountMinor: fc.integer({ min: 1, max: 100_000 }),
    fraud: fc.boolean(),
  }),
  { minLength: 2, maxLength: 60 },
)
const inOrder = (paid: readonly Paid[]): Paid[] => paid.toSorted((a, b) => a.at - b.at)

/** The features of each payment. */
function featuresOf(paid: readonly Paid[], pass = new FeaturePass((id) => paid[id]?.fraud === true), from = 0): number[][] {
  const out = new Float64Array(FEATURES)
  return paid.slice(from).map((event, k) => {
    pass.observe(event, from + k, out)
    return [...out]
  })
}

describe('what is known', () => {
  it('is nothing of the future: neither later payments nor labels younger than their delay change a feature', () => {
    fc.assert(
      fc.property(shop, fc.nat(), fc.integer({ min: 1, max: 50_000 }), (all, pick, other) => {
        const paid = inOrder(all)
        const judged = pick % paid.length
        const now = paid[judged]?.at ?? 0
        const perturbed = paid.map((event, i): Paid => {
          if (i > judged) return { ...event, amountMinor: other, card: 'c', fraud: !event.fraud }
          return event.at > now - LABEL_DELAY ? { ...event, fraud: !event.fraud } : event
        })
        expect(featuresOf(perturbed)[judged]).toEqual(featuresOf(paid)[judged])
      }),
    )
  })

  it('and everything that is older does', () => {
    const at = (days: number): EpochMs => START + days * 24 * HOUR
    const paid: Paid[] = [0, 8].map((days) => ({ at: at(days), card: 'a', terminal: 'x', amountMinor: 500, fraud: days === 0 }))
    const read = featuresOf(paid)[1] ?? []
    const value = (name: (typeof featureNames)[number]): number | undefined => read[featureNames.indexOf(name)]
    expect(value('terminal_fraud_run')).toBe(1)
    expect(value('terminal_risk_30d_delayed')).toBe(1)
    expect(value('card_since_fraud')).toBe(8)
  })
})

describe('a restart', () => {
  it('from a snapshot and the payments since gives the same features, bit by bit', () => {
    fc.assert(
      fc.property(shop, fc.nat(), (paid, pick) => {
        // Also of payments that come late.
        const cut = pick % paid.length
        const labels = (id: number): boolean => paid[id]?.fraud === true
        const first = new FeaturePass(labels)
        featuresOf(paid.slice(0, cut), first)
        const again = FeaturePass.load(deserialize(serialize(first.save())) as SavedPass, labels)
        expect(featuresOf(paid, again, cut)).toEqual(featuresOf(paid).slice(cut))
      }),
    )
  })
})

describe('a payment that comes late', () => {
  it('is judged by what was known when it was made', () => {
    fc.assert(
      fc.property(shop, (all) => {
        const paid = inOrder(all)
        const last = paid.length - 1
        const early = Math.floor(last / 2)
        fc.pre(paid.filter(({ at }) => at === paid[early]?.at).length === 1)
        const late = [...paid.slice(0, early), ...paid.slice(early + 1), paid[early] ?? paid[0]].filter((event) => event !== undefined)
        const names = bookFeatures.filter((feature) => feature !== 1)
        const [inTime, tooLate] = [featuresOf(paid)[early] ?? [], featuresOf(late)[last] ?? []]
        expect(names.map((feature) => tooLate[feature])).toEqual(names.map((feature) => inTime[feature]))
      }),
    )
  })
})
