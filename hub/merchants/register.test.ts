import { expect, test } from 'vitest'
import { isIban } from './iban.ts'
import { createMerchants } from './register.ts'
import { demoTerms, firstTerms } from './terms.ts'
import { demoShop } from '../demo-shop.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { START, TestClock } from '../test-rig.ts'
import { DAY } from '#protocol/time.ts'

const { merchant, store: shopStore } = demoShop
const open = async (disk = memoryDisk(), clock = new TestClock()) => {
  const merchants = createMerchants({ store: openMemoryStore(disk), clock })
  await merchants.start([demoTerms(demoShop)])
  return { merchants, clock, disk }
}

test('a hub begins with its merchant, and finds later what people made of it', async () => {
  const { merchants, clock, disk } = await open()
  expect(merchants.find(merchant.id)).toMatchObject({ number: 1, by: 'operator', at: START, terms: { name: 'Harbour Corner', timeZone: 'Europe/Berlin' } })
  expect(merchants.ofStore(shopStore.id)?.terms.id).toBe(merchant.id)
  expect(merchants.ofStore(merchant.id)).toBeUndefined()
  clock.time += 5
  await merchants.change({ ...demoTerms(demoShop), cutOff: '18:30' }, 'ann', 1)
  const again = (await open(disk)).merchants
  expect(again.all()).toMatchObject([{ number: 2, by: 'ann', at: START + 5, accountBy: 'operator', terms: { cutOff: '18:30' } }])
  expect((await again.history(merchant.id)).map(({ number, by }) => [number, by])).toEqual([
    [1, 'operator'],
    [2, 'ann'],
  ])
})

test('who changes what somebody else has changed meanwhile is told, and so is who sends nonsense', async () => {
  const { merchants } = await open()
  const terms = firstTerms(demoShop)
  const [one, other] = await Promise.all([merchants.change(terms, 'ann', 1), merchants.change(terms, 'bob', 1)])
  expect([one.ok, other].filter((answer) => answer === true || (typeof answer === 'object' && answer.ok))).toHaveLength(1)
  expect(merchants.find(merchant.id)?.number).toBe(2)
  const fees = demoTerms(demoShop).fees
  for (const bad of [
    { ...terms, timeZone: 'Mars/Olympus' },
    { ...terms, cutOff: '24:00' },
    { ...terms, account: { iban: 'DE89370400440532013001', name: 'x' } },
    { ...terms, fees: { ...fees, rates: [...fees.rates, ...fees.rates] } },
    { ...terms, fees: { ...fees, rates: [{ instrument: 'card', tiers: [{ fromMinor: 5, ppm: 1 }] }] } },
    { ...terms, fees: { ...fees, rates: [{ instrument: 'card', tiers: [{ fromMinor: 0, ppm: 1_000_001 }] }] } },
    { ...terms, reserve: { ppm: 0.5, days: 1 } },
    { ...terms, also: 1 },
    undefined,
  ])
    expect(await merchants.change(bad, 'ann', 2)).toMatchObject({ ok: false, code: 'wire.malformed' })
  expect(merchants.find(merchant.id)?.number).toBe(2)
})

test('another account counts when a second person has agreed, and not before', async () => {
  const { merchants, clock, disk } = await open()
  const account = { iban: 'FR1420041010050500013M02606', name: 'Mallory', bic: 'BNPAFRPP' }
  const terms = { ...demoTerms(demoShop), account }
  expect(await merchants.change({ ...terms, account: { ...account, bic: 'BNP' } }, 'mallory', 1)).toMatchObject({ ok: false, code: 'wire.malformed' })
  expect(await merchants.change(terms, 'mallory', 1)).toMatchObject({ ok: true, value: { number: 2, state: 'proposed' } })
  expect(await merchants.change({ ...terms, cutOff: '01:00' }, 'bob', 2)).toMatchObject({ ok: false, code: 'merchant.changed' })
  expect(merchants.find(merchant.id)?.number).toBe(1)
  expect(await merchants.proposed(10)).toMatchObject([{ number: 2, by: 'mallory' }])
  expect((await open(disk)).merchants.find(merchant.id)?.number).toBe(1)
  expect(await merchants.agree(merchant.id, 2, 'mallory')).toMatchObject({ ok: false, code: 'merchant.same_person' })
  expect(await merchants.agree(merchant.id, 1, 'bob')).toMatchObject({ ok: false, code: 'merchant.changed' })
  expect(await merchants.agree(shopStore.id, 1, 'bob')).toMatchObject({ ok: false, code: 'merchant.unknown' })
  clock.time += 5
  const both = await Promise.all([merchants.agree(merchant.id, 2, 'bob'), merchants.withdraw(merchant.id, 2, 'ann')])
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await merchants.proposed(10)).toEqual([])
  const agreed = (await open(disk, clock)).merchants.find(merchant.id)
  expect(agreed).toEqual(merchants.find(merchant.id))
  if (both[0].ok) expect(agreed).toMatchObject({ number: 2, by: 'mallory', decidedBy: 'bob', from: START + 5, accountBy: 'mallory', terms: { account } })
})

test('a change is in force from its instant on, never before, and can be taken back until then', async () => {
  const { merchants, clock, disk } = await open()
  const at = START + DAY
  const later = { ...demoTerms(demoShop), cutOff: '18:30', country: 'DE', legalName: 'Harbour Corner GmbH' }
  expect(await merchants.change(later, 'ann', 1, { from: START - 1 })).toMatchObject({ ok: false, code: 'merchant.too_early' })
  expect(await merchants.change(later, 'ann', 1, { from: at })).toMatchObject({ ok: true, value: { number: 2, from: at } })
  expect(await merchants.change(later, 'ann', 2, { from: at - 1 })).toMatchObject({ ok: false, code: 'merchant.too_early' })
  expect([merchants.find(merchant.id)?.number, (await open(disk)).merchants.find(merchant.id)?.number]).toEqual([1, 1])
  clock.time = at
  expect(merchants.find(merchant.id)).toMatchObject({ number: 2, terms: { cutOff: '18:30', legalName: 'Harbour Corner GmbH' } })
  expect([(await merchants.at(merchant.id, at - 1))?.number, (await merchants.at(merchant.id, at))?.number]).toEqual([1, 2])
  expect(await merchants.withdraw(merchant.id, 2, 'bob')).toMatchObject({ ok: false, code: 'merchant.changed' })
  expect(await merchants.change({ ...later, cutOff: '19:00' }, 'ann', 2, { from: at + DAY })).toMatchObject({ ok: true })
  expect(await merchants.withdraw(merchant.id, 3, 'bob')).toMatchObject({ ok: true, value: { state: 'withdrawn', decidedBy: 'bob' } })
  clock.time = at + 2 * DAY
  expect(merchants.find(merchant.id)?.number).toBe(2)
  expect((await merchants.history(merchant.id)).map(({ state }) => state)).toEqual([undefined, undefined, 'withdrawn'])
  expect(await merchants.change({ ...later, cutOff: '20:00' }, 'ann', 3)).toMatchObject({ ok: true, value: { number: 4 } })
  expect(merchants.find(merchant.id)?.terms.cutOff).toBe('20:00')
})

test.each([1, 2, 3])('two who decide at the same moment do not undo each other, wherever one of them stands (%i)', async (reads) => {
  const disk = memoryDisk()
  const clock = new TestClock()
  const { merchants } = await open(disk, clock)
  const terms = { ...demoTerms(demoShop), account: { iban: 'FR1420041010050500013M02606', name: 'Mallory' } }
  await merchants.change(terms, 'mallory', 1)
  const store = openMemoryStore(disk)
  let left = reads
  const slow = createMerchants({
    clock,
    store: {
      ...store,
      // Before one of its reads somebody else takes the change back.
      async get(...asked) {
        if (--left === 0) await merchants.withdraw(merchant.id, 2, 'ann')
        return await store.get(...asked)
      },
    },
  })
  const agreed = await slow.agree(merchant.id, 2, 'bob')
  const [, second] = await merchants.history(merchant.id)
  expect(second?.state).toBe(agreed.ok ? undefined : 'withdrawn')
  if (left <= 0) expect(agreed).toMatchObject({ ok: false, code: 'merchant.changed' })
})

test('a store is one merchant’s', async () => {
  const { merchants } = await open()
  const other = { ...firstTerms(demoShop), id: shopStore.id, name: 'Other' }
  expect(await merchants.change(other, 'ann', 0)).toMatchObject({ ok: false, code: 'merchant.store_taken' })
  expect(await merchants.change({ ...other, stores: [] }, 'ann', 0)).toMatchObject({ ok: true, value: { number: 1 } })
  expect(merchants.all()).toHaveLength(2)
})

test.each([
  ['DE89370400440532013000', true],
  ['GB82WEST12345698765432', true],
  ['FR1420041010050500013M02606', true],
  ['DE89370400440532013001', false],
  ['DE8937040044053201300', false],
  ['de89370400440532013000', false],
  ['', false],
])('%s is an IBAN: %s', (text, isOne) => {
  expect(isIban(text)).toBe(isOne)
})
