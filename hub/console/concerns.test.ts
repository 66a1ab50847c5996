import { describe, expect, it } from 'vitest'
import { devicesOf, stuckOf, turned, wrongOf } from './concerns.ts'
import type { Overview, TillView } from '#protocol/hub-api/overview.ts'
import { MAX_COUNTED, type AttentionView, type PlacesView } from '#protocol/hub-api/watch.ts'
import { MINUTE } from '#protocol/time.ts'

const NOW = 1_000_000_000
const id = '01900000-0000-7000-8000-000000000001'
const calm: Overview = {
  at: NOW,
  hub: { epoch: 1, version: '1', startedAt: 1 },
  money: { balanced: true, totals: [], accounts: [], held: [] },
  counts: { settled: 0, held: 0, exceptions: 0, unsettledEntries: 0, atRisk: 0 },
  tills: [],
  payments: [],
  exceptions: [],
  atRisk: [],
}
const attention = (over: Partial<AttentionView>): AttentionView => ({ at: NOW, concerns: [], policy: { currency: 'EUR', worstMinor: 100_00 }, ...over })
const claim = (claimMinor: number, since: number): Overview['atRisk'][number] => ({
  id,
  till: 'Till 1',
  state: 'RETRY',
  claimMinor,
  currency: 'EUR',
  code: 'hub.insufficient_funds',
  since,
  attempts: 0,
})
const said = (found: readonly { readonly say: string }[]) => found.map(({ say }) => say)

describe('what is stuck', () => {
  it('is nothing where nothing is', () => {
    expect([stuckOf(calm, attention({})), wrongOf(calm, attention({}), undefined), devicesOf(calm)]).toEqual([[], [], []])
  })

  it('says how much, why, since when and where it stands', () => {
    const found = stuckOf(
      { ...calm, counts: { ...calm.counts, atRisk: 2 }, atRisk: [claim(10_00, 500), claim(2_50, 400)] },
      attention({
        concerns: [
          { what: 'bankLines', count: 3 },
          { what: 'webhooksOff', count: MAX_COUNTED },
        ],
      }),
    )
    expect(found).toMatchObject([
      { say: '2 payments captured without money: €12.50', since: 400, link: '#/stuck', tone: 'act', why: ['2 × The wallet has not enough money.'] },
      { say: '3 lines of the bank’s statements to explain', link: '#/bank' },
      { say: expect.stringContaining('200 webhooks were switched off') as string, link: '#/programs' },
    ])
  })
})

describe('what looks wrong', () => {
  const places: PlacesView = {
    at: NOW,
    whole: true,
    currencies: [
      {
        currency: 'EUR',
        places: [
          { place: 'losses', minor: '123456789012345678901' },
          { place: 'unexplained', minor: '-500' },
        ],
        days: [],
      },
    ],
  }
  it('is said with sums of any size, and leads to their postings', () => {
    const found = wrongOf(calm, attention({}), places)
    expect(said(found)).toEqual(['€5.00 at the bank that nobody has explained', '€1,234,567,890,123,456,789.01 lost so far'])
    expect(found[1]).toMatchObject({ tone: 'fact', link: '#/postings?place=losses&currency=EUR' })
  })

  it('of more than are listed says that it is more', () => {
    const [found] = stuckOf({ ...calm, counts: { ...calm.counts, atRisk: 101 }, atRisk: [claim(10_00, 500)] }, undefined)
    expect(found?.say).toBe('101 payments captured without money: at least €10.00')
  })

  it.each([
    [79_00, 'fact'],
    [80_00, 'act'],
  ] as const)('of what the policy risks %i is %s', (minor, tone) => {
    const [found] = wrongOf({ ...calm, atRisk: [claim(minor, 1)] }, attention({}), undefined)
    expect(found).toMatchObject({ tone, link: '#/policy' })
  })

  it('begins with books that do not balance', () => {
    expect(said(wrongOf({ ...calm, money: { ...calm.money, balanced: false } }, attention({}), places))[0]).toBe('The ledger does not balance')
  })
})

describe('devices that need somebody', () => {
  const till = (over: Partial<TillView>): TillView => ({ id, name: 'Till 1', store: 'Shop', link: 'online', epoch: 1, received: 5, safe: 5, ...over })
  it.each([
    [till({}), []],
    [till({ link: 'revoked' }), []],
    [till({ link: 'offline', since: 7 }), ['Till 1 is offline']],
    [till({ link: 'never seen' }), ['Till 1 has never been seen']],
    [till({ safe: 3, lastEntryAt: NOW - MINUTE }), []],
    [till({ safe: 3, lastEntryAt: NOW - MINUTE - 1 }), ['Till 1: 2 entries only at this hub, not in a second place']],
  ])('%j', (one, expected) => {
    expect(said(devicesOf({ ...calm, tills: [one] }))).toEqual(expected)
  })
})

it('turns what is owed around, whatever its size', () => {
  expect(['-5', '5', '0', '-90071992547409931'].map(turned)).toEqual(['5', '-5', '0', '90071992547409931'])
})
