import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { largestSince, lentOf, limitDue, tidied, type Lending, type Standing } from './lending.ts'
import { DAY, HOUR, type EpochMs } from '#protocol/time.ts'

const NOW = 1_800_000_000_000
const plenty: Standing = { mostMinor: 20_000, availableMinor: 25_000, owedMinor: 0, silentSince: [] }
const lent = (limitMinor: number, expiresAt: EpochMs) => ({ limitMinor, expiresAt })

describe('a credential’s limit', () => {
  test('is the bank’s most while the wallet has it', () => {
    expect(limitDue([], plenty, NOW)).toBe(20_000)
    expect(limitDue([], { ...plenty, availableMinor: 3000 }, NOW)).toBe(3000)
    expect(limitDue([], { ...plenty, availableMinor: 3000, owedMinor: 4000 }, NOW)).toBe(0)
  })

  test('is renewed as it is while tills are silent: theirs is no higher by that', () => {
    expect(limitDue([lent(20_000, NOW + HOUR)], { ...plenty, silentSince: [NOW - DAY, NOW - DAY] }, NOW)).toBe(20_000)
  })

  test('is not raised while a silent till may have taken what it was', () => {
    const silent = { ...plenty, silentSince: [NOW - HOUR] }
    expect(limitDue([lent(9000, NOW + HOUR)], silent, NOW)).toBe(16_000)
    expect(limitDue([lent(9000, NOW + HOUR)], { ...silent, silentSince: [NOW - HOUR, NOW - HOUR] }, NOW)).toBe(9000)
    expect(limitDue([lent(9000, NOW + HOUR)], plenty, NOW)).toBe(20_000)
  })

  test('of one that has ended counts as long as a till may have taken it unheard', () => {
    const ended = [lent(20_000, NOW - HOUR)]
    expect(limitDue(ended, { ...plenty, silentSince: [NOW - DAY] }, NOW)).toBe(5000)
    expect(limitDue(ended, { ...plenty, silentSince: [NOW - HOUR] }, NOW)).toBe(20_000)
  })
})

// ---------------------------------------------------------------- whoever tries everything

const money = fc.integer({ min: 0, max: 30_000 })
const lents = fc.array(fc.record({ limitMinor: fc.integer({ min: 0, max: 20_000 }), expiresAt: fc.integer({ min: NOW - 9 * DAY, max: NOW + 3 * DAY }) }), {
  maxLength: 8,
})
const standings = fc.record({
  mostMinor: fc.integer({ min: 0, max: 20_000 }),
  availableMinor: money,
  owedMinor: fc.oneof(fc.constant(0), money),
  silentSince: fc.array(fc.integer({ min: NOW - 9 * DAY, max: NOW }), { maxLength: 4 }),
})

test('a new limit raises no till’s ceiling but where the wallet’s money covers it with all that may be open', () => {
  fc.assert(
    fc.property(lents, standings, (had, standing) => {
      const due = limitDue(had, standing, NOW)
      const { mostMinor, availableMinor, owedMinor, silentSince } = standing
      expect(due).toBeGreaterThanOrEqual(0)
      expect(due).toBeLessThanOrEqual(Math.max(0, Math.min(mostMinor, availableMinor - owedMinor)))
      const open = silentSince.reduce((sum, since) => sum + largestSince(had, since), 0)
      if (due > largestSince(had, NOW)) expect(due + open + owedMinor).toBeLessThanOrEqual(availableMinor)
      // Asking again at once changes nothing: what was just lent counts as well.
      expect(limitDue([...had, lent(due, NOW + DAY)], standing, NOW)).toBeLessThanOrEqual(due)
    }),
    { numRuns: 2000 },
  )
})

test('what is kept tells never less than what was lent', () => {
  const kept: fc.Arbitrary<Lending> = fc
    .array(fc.record({ limitMinor: fc.integer({ min: 0, max: 20_000 }), expiresAt: fc.integer({ min: NOW - 9 * DAY, max: NOW + 3 * DAY }) }), { maxLength: 60 })
    .map((all) => ({
      phones: [],
      credentials: all.map((each, at) => ({
        ...each,
        id: at.toString(16).padStart(16, '0'),
        phone: '0'.repeat(64),
        perPaymentMinor: 0,
        issuedAt: NOW - 9 * DAY,
      })),
      ended: [],
    }))
  fc.assert(
    fc.property(kept, fc.array(fc.integer({ min: NOW - 9 * DAY, max: NOW }), { maxLength: 3 }), (before, silent) => {
      const after = tidied(before, silent, NOW)
      for (const since of [NOW, ...silent]) expect(largestSince(lentOf(after), since)).toBeGreaterThanOrEqual(largestSince(lentOf(before), since))
      expect(after.ended.length).toBeLessThanOrEqual(16)
      expect(tidied(after, silent, NOW)).toEqual(after)
    }),
  )
})

/**
 * A wallet with several rogue phones that keep every credential, tills that come and go, and a hub that hears of payments when tills are connected. A till
 * counts by wallet, as ours do. Refreshes as often as anybody likes.
 */
type Move =
  | { readonly do: 'refresh' }
  | { readonly do: 'spend'; readonly till: number; readonly amount: number }
  | { readonly do: 'connect'; readonly till: number }
  | { readonly do: 'cut'; readonly till: number }
  | { readonly do: 'wait'; readonly ms: number }

const TILLS = 3
const MOST = 200
const LIFETIME = 3 * DAY
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constant('refresh' as const) }),
  fc.record({ do: fc.constant('spend' as const), till: fc.nat(TILLS - 1), amount: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ do: fc.constant('connect' as const), till: fc.nat(TILLS - 1) }),
  fc.record({ do: fc.constant('cut' as const), till: fc.nat(TILLS - 1) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: HOUR, max: 2 * DAY }) }),
)

/** What the hub lost in the end, and the most that a till had open at once. `everRefreshed`: false leaves the phones with what they were given first. */
function played(moves: readonly Move[], funds: number, everRefreshed = true) {
  let [now, balance, unpaid, mostOpen, lostWhileKnown] = [NOW, funds, 0, 0, 0]
  const kept: { limitMinor: number; expiresAt: EpochMs }[] = []
  const tills = Array.from({ length: TILLS }, () => ({ online: true, open: [] as number[], since: NOW }))
  const standing = (): Standing => ({
    mostMinor: MOST,
    availableMinor: balance,
    owedMinor: unpaid,
    silentSince: tills.flatMap(({ online, since }) => (online ? [] : [since])),
  })
  const refresh = (): void => void kept.push(lent(limitDue(kept, standing(), now), now + LIFETIME))
  const hears = (till: (typeof tills)[number]): void => {
    for (const amount of till.open) {
      if (amount <= balance) balance -= amount
      else unpaid += amount
    }
    till.open = []
    till.since = now
  }
  refresh()
  for (const step of moves) {
    if (step.do === 'wait') now += step.ms
    if (step.do === 'refresh' && everRefreshed) {
      const before = tills.map(({ online, since }) => largestSince(kept, online ? now : since))
      const open = standing().silentSince.reduce((sum, since) => sum + largestSince(kept, since), 0)
      refresh()
      const raised = tills.some(({ online, since }, at) => largestSince(kept, online ? now : since) > (before[at] ?? 0))
      if (raised && (kept.at(-1)?.limitMinor ?? 0) + open > balance - unpaid) lostWhileKnown += 1
    }
    if (step.do === 'cut') Object.assign(tills[step.till] ?? {}, { online: false })
    if (step.do === 'connect') {
      const till = tills[step.till]
      if (till !== undefined) hears(Object.assign(till, { online: true }))
    }
    if (step.do === 'spend') {
      const till = tills[step.till]
      if (till === undefined) continue
      const exposure = till.open.reduce((sum, amount) => sum + amount, 0)
      if (till.online ? step.amount > balance : exposure + step.amount > largestSince(kept, now)) continue
      till.open.push(step.amount)
      mostOpen = Math.max(mostOpen, till.online ? 0 : exposure + step.amount)
      if (till.online) hears(till)
    }
  }
  for (const till of tills) hears(till)
  return { unpaid, mostOpen, lostWhileKnown }
}

describe('rogue phones that refresh whenever they like', () => {
  const moves = fc.array(move, { maxLength: 60 })

  test('have no more open at one till than the bank’s most, and raise no ceiling beyond what is covered', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 0, max: 400 }), (all, funds) => {
        const { mostOpen, lostWhileKnown } = played(all, funds)
        expect(mostOpen).toBeLessThanOrEqual(MOST)
        expect(lostWhileKnown).toBe(0)
      }),
      { numRuns: 1500 },
    )
  })

  test('get nothing by it within a lifetime in which no till is heard: the loss is what it would have been without', () => {
    const quiet = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('refresh' as const) }),
        fc.record({ do: fc.constant('spend' as const), till: fc.nat(TILLS - 1), amount: fc.integer({ min: 1, max: 120 }) }),
      ),
      { maxLength: 40 },
    )
    const cut: Move[] = Array.from({ length: TILLS }, (_, till) => ({ do: 'cut', till }))
    fc.assert(
      fc.property(quiet, fc.integer({ min: 0, max: 400 }), (all, funds) => {
        expect(played([...cut, ...all], funds).unpaid).toBe(played([...cut, ...all], funds, false).unpaid)
      }),
      { numRuns: 500 },
    )
  })

  test('find that what they owe is not lent again', () => {
    const spree: Move[] = [
      { do: 'cut', till: 0 },
      { do: 'cut', till: 1 },
      { do: 'spend', till: 0, amount: 120 },
      { do: 'spend', till: 1, amount: 120 },
      { do: 'connect', till: 0 },
      { do: 'connect', till: 1 },
      { do: 'wait', ms: 2 * DAY },
      { do: 'refresh' },
      { do: 'wait', ms: 2 * DAY },
      { do: 'cut', till: 0 },
      { do: 'spend', till: 0, amount: 60 },
    ]
    expect(played(spree, 150)).toMatchObject({ unpaid: 120 })
  })
})
