import { describe, expect, it } from 'vitest'
import { FEATURES, featureNames } from './features.ts'
import type { KnownDecision } from './known.ts'
import { createRuleDesk, type DraftRule } from './rule-desk.ts'
import { hubKeys, memoryVault } from '../keys.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import type { HubStore } from '../store/hub-store.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'

const NOW = Date.UTC(2027, 2, 1)

function paid(n: number, amountMinor: number, isFraud: boolean | undefined, currency = 'EUR'): KnownDecision {
  const features = new Float64Array(FEATURES)
  features[featureNames.indexOf('amount')] = amountMinor
  return { payment: `p${n}`, at: NOW - DAY - n, amountMinor, currency, features, outcome: 'approve', isFraud }
}
const history = [
  paid(1, 10_00, false),
  paid(2, 300_00, true),
  paid(3, 400_00, false),
  paid(4, 500_00, undefined),
  paid(5, 900_00, true),
  paid(6, 900_00, true, 'USD'),
]

function open(store: HubStore = openMemoryStore(memoryDisk()), seed = 1) {
  let now = NOW
  const clock = { now: () => now, monotonic: () => now }
  const warned: string[] = []
  const keys = hubKeys(
    memoryVault(() => new Uint8Array(32).fill(seed++)),
    clock,
  )
  const desk = createRuleDesk({
    store,
    clock,
    crypto: nodeCrypto,
    keys,
    currency: 'EUR',
    past: {
      async *between(from, to) {
        yield history.filter(({ at }) => at >= from && at < to).slice(0, 3)
        await Promise.resolve()
        yield history.filter(({ at }) => at >= from && at < to).slice(3)
      },
    },
    changed: () => undefined,
    warn: (line) => warned.push(line),
  })
  return { desk, store, keys, warned, pass: (ms: number) => (now += ms) }
}

const large: DraftRule = { id: 'large', says: 'A large amount', outcome: 'decline', cel: 'amount > 25000' }
const middling: DraftRule = { id: 'middling', says: 'Not small', outcome: 'review', when: { feature: 'amount', above: 200_00 } }

async function put(desk: ReturnType<typeof open>['desk'], rules: readonly DraftRule[], by = 'ada') {
  const shown = await desk.tryOut(rules)
  return shown.ok ? await desk.putInForce(shown.value.digest, by, 'tried') : shown
}

describe('rules that people set', () => {
  it('are tried out on what was: what they would have caught, and whom they would have troubled', async () => {
    const { desk } = open()
    const shown = await desk.tryOut([large, middling])
    expect(shown).toMatchObject({
      ok: true,
      value: {
        proposed: {
          payments: 5,
          labelled: 4,
          frauds: 2,
          fraudMinor: 1200_00,
          rules: [
            { id: 'large', fired: 4, sumMinor: 2100_00, frauds: 2, fraudMinor: 1200_00, legitimate: 1, legitimateMinor: 400_00 },
            { id: 'middling', fired: 4 },
          ],
          outcomes: [
            { outcome: 'review', fired: 0 },
            { outcome: 'challenge', fired: 0 },
            { outcome: 'decline', fired: 4, frauds: 2, legitimate: 1 },
          ],
        },
        now: { payments: 5, rules: [], outcomes: [{ fired: 0 }, { fired: 0 }, { fired: 0 }] },
      },
    })
    expect(desk.inForce.version).toBe(0)
  })

  it('are put in force only as they were tried out, and not over somebody else’s', async () => {
    const { desk } = open()
    expect(await desk.putInForce('never', 'ada', '')).toMatchObject({ code: 'risk.changed' })
    const [one, meanwhile] = await Promise.all([desk.tryOut([large]), desk.tryOut([middling])])
    expect(meanwhile).toMatchObject({ code: 'risk.busy' })
    const other = await desk.tryOut([middling])
    if (!one.ok || !other.ok) throw new Error('they could be tried')
    expect(await desk.putInForce(one.value.digest, 'ada', 'first')).toMatchObject({ ok: true })
    expect(await desk.putInForce(other.value.digest, 'bob', 'second')).toMatchObject({ code: 'risk.changed' })
    expect(desk.inForce).toMatchObject({ version: 1, rules: [{ id: 'large', cel: 'amount > 25000', when: { left: 'amount', is: '>', right: 25_000 } }] })
  })

  it('are what they were after a start, and an earlier set comes back under a new number', async () => {
    const { desk, store } = open()
    await put(desk, [large])
    await put(desk, [middling], 'bob')
    expect(await desk.takeBack(1, 'ada', 'too many')).toMatchObject({ ok: true })
    const again = open(store)
    await again.desk.start()
    expect(again.desk.inForce).toMatchObject({ version: 3, rules: [{ id: 'large' }] })
    expect(await again.desk.version(2)).toMatchObject({ rules: [{ id: 'middling' }] })
    expect((await again.desk.state()).versions).toMatchObject([
      { version: 3, by: 'ada' },
      { version: 2, by: 'bob' },
      { version: 1, by: 'ada' },
    ])
    expect(await again.desk.takeBack(9, 'ada', '')).toMatchObject({ code: 'risk.unknown' })
  })

  it('of whoever else writes into the database are not used', async () => {
    const { desk, store } = open()
    await put(desk, [large])
    const stranger = open(openMemoryStore(memoryDisk()), 100)
    await put(stranger.desk, [middling])
    const [forged] = await stranger.store.documents({ prefix: 'risk-rules/', limit: 1 })
    const [own] = await store.documents({ prefix: 'risk-rules/', limit: 1 })
    if (forged === undefined || own === undefined) throw new Error('both are kept')
    const again = { ...own, id: 'risk-rules/000000000003', version: 0 }
    await store.commit({ documents: [{ ...forged, id: 'risk-rules/000000000002', version: 0 }, again] })
    const restarted = open(store)
    await restarted.desk.start()
    expect(restarted.desk.inForce).toMatchObject({ version: 1, rules: [{ id: 'large' }] })
    expect(restarted.warned).toHaveLength(2)
    expect(await restarted.desk.version(3)).toBeUndefined()
    expect(await restarted.desk.takeBack(3, 'ada', 'back')).toMatchObject({ code: 'risk.unknown' })
    expect(await put(restarted.desk, [middling])).toMatchObject({ ok: true })
    expect(restarted.desk.inForce.version).toBe(4)
  })

  it.each([
    ['an expression that is none', { ...large, cel: 'amount >' }, 'risk.bad_expression'],
    ['a feature that is not there', { ...middling, when: { feature: 'shoe_size', above: 44 } }, 'risk.bad_rules'],
    ['neither expression nor condition', { ...middling, when: undefined }, 'risk.bad_rules'],
  ])('are refused with %s', async (_, rule, code) => expect(await open().desk.tryOut([rule])).toMatchObject({ ok: false, code }))

  it('mean what the expression says, whatever the page says that it means', async () => {
    const { desk } = open()
    const shown = await desk.tryOut([{ ...large, when: { feature: 'amount', above: 0 } }])
    expect(shown).toMatchObject({ ok: true, value: { rules: [{ when: { left: 'amount', is: '>', right: 25_000 } }] } })
  })
})

describe('lists', () => {
  const entry = { kind: 'card', key: 'c1', word: 'blocked', reason: 'stolen', by: 'ada', forMs: DAY } as const

  it('hold until their time, survive a start, and the last word counts', async () => {
    const { desk, store, pass } = open()
    expect(await desk.listed.say(entry)).toMatchObject({ ok: true })
    expect(await desk.listed.say({ ...entry, word: 'allowed', forMs: 2 * DAY })).toMatchObject({ ok: true })
    expect(await desk.listed.say({ ...entry, key: 'c2' })).toMatchObject({ ok: true })
    const again = open(store)
    await again.desk.start()
    for (const { listed } of [desk, again.desk]) {
      expect(listed.word('card', 'c1', NOW)).toBe('allowed')
      expect(listed.word('card', 'c1', NOW + 2 * DAY)).toBeUndefined()
      expect(listed.word('terminal', 'c1', NOW)).toBeUndefined()
    }
    pass(DAY)
    expect(desk.listed.newest(10).map(({ key }) => key)).toEqual(['c1'])
    expect(await desk.listed.unsay('card', 'c1')).toMatchObject({ ok: true })
    expect(await desk.listed.unsay('card', 'c1')).toMatchObject({ code: 'risk.unknown' })
    expect(desk.listed.word('card', 'c1', NOW)).toBeUndefined()
  })
})
