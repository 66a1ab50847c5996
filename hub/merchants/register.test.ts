import { expect, test } from 'vitest'
import { isIban } from './iban.ts'
import { createMerchants } from './register.ts'
import { demoTerms, firstTerms } from './terms.ts'
import { demoShop } from '../demo-shop.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { START, TestClock } from '../test-rig.ts'

const { merchant, store: shopStore } = demoShop
const open = async (disk = memoryDisk()) => {
  const clock = new TestClock()
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
