import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { View } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { until } from '../../hub/test-wait.ts'
import { buildPages } from '../demo/pages.ts'
import { freePort, ROOT, startShop, type Shop, type ShopLane } from '../demo/shop.ts'
import { newCustomer, type Customer } from './customer.ts'

/** `npm start -- --tills 3`: three lanes and the edge as processes of their own, cables that somebody pulls, and a till that is gone. */

const data = mkdtempSync(join(tmpdir(), 'lanes-'))
let shop: Shop
/** Customers of whom a lane has taken something, each one thing at one price. */
const paid: Customer[] = []
const PRICE_LIMIT = 1000
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

const cheapest = ({ till }: ShopLane) => till.products.find(({ soldBy, priceMinor }) => soldBy === undefined && priceMinor > 0 && priceMinor < PRICE_LIMIT)

/** Opens a payment at a till for one small thing, unless one is open. */
async function ask(at: ShopLane): Promise<void> {
  const { till } = at
  if (till.view?.tender.stage === 'awaiting_code') return
  if (till.view?.tender.stage === 'approved') await till.send({ type: 'continue' })
  // One that was killed has its basket, and no payment.
  if (till.view?.sale.itemCount !== 1) await till.send({ type: 'scan', text: cheapest(at)?.gtin ?? '' })
  expect(await till.send({ type: 'takePayment' })).toMatchObject({ ok: true })
}

/** Without waiting for what the screen shows then, the next step might still see what it showed before. */
async function pay({ till }: ShopLane, code: string): Promise<void> {
  expect(await till.send({ type: 'scan', text: code })).toMatchObject({ ok: true })
  await till.until('paid', ({ tender: { stage } }) => stage === 'approved')
}

const copied = ({ link: { waiting } }: View): boolean => waiting.payments > 0 && waiting.onlyHere?.payments === 0

/** Every lane has the hub again, and nothing waits. */
async function allOnline(): Promise<void> {
  for (const { counter } of shop.lanes) counter.cable.plug()
  for (const { till } of shop.lanes) await till.until('all sent', ({ link }) => link.state === 'online' && link.waiting.payments === 0, 30 * SECOND)
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
  await pay(first, code)
  paid.push(customer)
  // What was spent is told before what was written is copied, over the same connection.
  await first.till.until('copied to its neighbours', copied, 15 * SECOND)
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
  await pay(third, await customer.show())
  paid.push(customer)
  await third.till.until('alone with it', ({ link: { waiting } }) => waiting.onlyHere?.payments === 1, 15 * SECOND)
  third.edgeCable?.plug()
  await third.till.until('copied after all', ({ link: { waiting } }) => waiting.onlyHere?.payments === 0, 30 * SECOND)
})

test('a lane that is killed in the middle of a payment has taken it or not, and its neighbours know which', async () => {
  const [first, third] = [lane(0), lane(2)]
  for (const moment of ['while it is asked', 'when it has answered'] as const) {
    await ask(first)
    const customer = await newCustomer(shop.hub.http)
    const code = await customer.show()
    const scanned = first.till.send({ type: 'scan', text: code })
    if (moment === 'when it has answered') expect(await scanned).toMatchObject({ ok: true })
    first.cutPower()
    await scanned
    await until(() => expect(first.till.up).toBe(false))
    const { tender } = await first.till.until('back', ({ tender: { stage } }) => stage !== 'deciding', 20 * SECOND)
    const isTaken = tender.stage === 'approved'
    if (moment === 'when it has answered') expect(isTaken).toBe(true)
    await first.till.until('copied again', copied, 15 * SECOND)

    // One of them takes this code, and only one.
    await ask(third)
    if (isTaken) expect(await third.till.send({ type: 'scan', text: code })).toMatchObject({ ok: false, code: 'code.used_next_door' })
    else await pay(third, code)
    paid.push(customer)
  }
})

test('the edge is killed: tills carry on within their slices, and share again when it is back', async () => {
  const [first, third] = [lane(0), lane(2)]
  process.kill(Number(readFileSync(join(data, 'edge.pid'), 'utf8')), 'SIGKILL')
  for (const one of [first, third]) {
    await ask(one)
    const customer = await newCustomer(shop.hub.http)
    await pay(one, await customer.show())
    paid.push(customer)
  }
  for (const { till } of [first, third]) await till.until('copied by the edge that came back', copied, 30 * SECOND)
})

test('another machine is made the edge, and whatever happened, each payment has reached the hub once', async () => {
  await allOnline()
  const folder = join(data, 'another edge')
  const port = await freePort(0, 'another edge', () => {})
  execFileSync(process.execPath, [join(ROOT, 'hub/edge-cli.ts'), '--data', join(data, 'hub'), '--host', '127.0.0.1', '--port', String(port), '--out', folder])
  const edge = spawn(process.execPath, [join(ROOT, 'terminal/store-edge/main.ts'), '--data', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await once(edge.stdout, 'data')
    // The first till that comes brings it who belongs here.
    await until(() => expect(existsSync(join(folder, 'lanes.signed'))).toBe(true))
    const first = lane(0)
    first.counter.cable.pull()
    await ask(first)
    const customer = await newCustomer(shop.hub.http)
    await pay(first, await customer.show())
    paid.push(customer)
    // Only the machine with the key that the hub signed carries it: see lane-link.ts.
    await first.till.until('copied over it', copied, 20 * SECOND)
    await allOnline()
  } finally {
    edge.kill('SIGKILL')
  }
  const price = cheapest(lane(0))?.priceMinor ?? 0
  await until(async () => expect(await settled()).toBe(paid.length), { interval: 500 })
  const spent = await Promise.all(paid.map(async (one) => one.startBalanceMinor - (await one.balanceMinor())))
  expect(spent).toEqual(paid.map(() => price))
})
