import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { SECOND } from '#protocol/time.ts'
import { until } from '../../hub/test-wait.ts'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop, type ShopLane } from '../demo/shop.ts'
import { newCustomer } from './customer.ts'

/** `npm start -- --tills 3`: three lanes and the edge as processes of their own, cables that somebody pulls, and a till that is gone. */

const data = mkdtempSync(join(tmpdir(), 'lanes-'))
let shop: Shop
beforeAll(async () => {
  await buildPages({ log: () => {} })
  shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, tills: 3, log: () => {} })
})
afterAll(async () => {
  await shop.stop()
  rmSync(data, { recursive: true, force: true })
})

function lane(n: number): ShopLane {
  const found = shop.lanes[n]
  if (found === undefined) throw new Error(`there is no lane ${n}`)
  return found
}

/** Opens a payment at a till for something small. */
async function ask({ till }: ShopLane): Promise<void> {
  const cheap = till.products.find(({ soldBy, priceMinor }) => soldBy === undefined && priceMinor > 0 && priceMinor < 1000)
  await till.send({ type: 'scan', text: cheap?.gtin ?? '' })
  expect(await till.send({ type: 'takePayment' })).toMatchObject({ ok: true })
}

const settled = async (): Promise<number> => {
  const overview = await (await fetch(new URL('/api/overview', shop.hub.http))).json()
  return z.object({ counts: z.object({ settled: z.int() }) }).parse(overview).counts.settled
}

test('cut off from the hub, lanes know of each other: a code pays one of them, and a till that is gone is missed by nobody', async () => {
  const [first, second] = [lane(0), lane(1)]
  await until(() => expect(shop.lanes.map(({ till }) => till.view?.link.waiting.onlyHere?.payments)).toEqual([0, 0, 0]))
  for (const { counter } of shop.lanes) counter.cable.pull()
  for (const { till } of shop.lanes) await till.until('offline', ({ link }) => link.state === 'offline', 20 * SECOND)
  const before = await settled()

  const customer = await newCustomer(shop.hub.http)
  await ask(first)
  await ask(second)
  const code = await customer.show()
  expect(await first.till.send({ type: 'scan', text: code })).toMatchObject({ ok: true })
  // What was spent is told before what was written is copied, over the same connection.
  await first.till.until('copied to its neighbours', ({ link: { waiting } }) => waiting.payments === 1 && waiting.onlyHere?.payments === 0, 15 * SECOND)
  expect(await second.till.send({ type: 'scan', text: code })).toMatchObject({ ok: false, code: 'code.used_next_door' })

  // Its cable stays pulled: what it took comes to the hub through another till alone.
  second.counter.cable.plug()
  await until(async () => expect(await settled()).toBe(before + 1), { interval: 500 })
})

test('a lane that is cut off from the edge as well sells on, and its copies go out when it is back', async () => {
  const third = lane(2)
  expect(third.till.view?.link.state).toBe('offline')
  third.edgeCable?.pull()
  await ask(third)
  const customer = await newCustomer(shop.hub.http)
  expect(await third.till.send({ type: 'scan', text: await customer.show() })).toMatchObject({ ok: true })
  await third.till.until('alone with it', ({ link: { waiting } }) => waiting.onlyHere?.payments === 1, 15 * SECOND)
  third.edgeCable?.plug()
  await third.till.until('copied after all', ({ link: { waiting } }) => waiting.onlyHere?.payments === 0, 30 * SECOND)
})
