import fc from 'fast-check'
import { expect, it } from 'vitest'
import { conserve } from '../bank/conservation.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { refund, sale, type TestTill, type TestWallet } from '../test-rig.ts'
import type { Transfer } from '../ledger/ledger.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { DAY, HOUR, MINUTE } from '#protocol/time.ts'
import { upTopic } from '#protocol/topics.ts'

/**
 * Whatever tills write in whatever order, and whatever time and people do meanwhile: no payment gives back more than was captured, debits are credits, and
 * the money of each payment is in one place.
 */
type Action = { readonly till: number; readonly payment: number; readonly what: (typeof whats)[number]; readonly amountMinor: number }
const whats = [
  ...(['held', 'acceptedOffline', 'captured', 'voided', 'declined', 'unknown', 'reversed', 'completed'] as const),
  ...(['sold', 'sold', 'sold', 'wait', 'wait', 'fund', 'retry', 'send'] as const),
  ...(['refund', 'refund', 'refund', 'ask', 'ask', 'ask', 'again', 'send', 'send', 'wait', 'fund', 'retry', 'writeOff'] as const),
] as const
const TILLS = 3
const PAYMENTS = 4
const WALLETS = 2
const AMOUNT = 100
const WAITS = [10 * MINUTE, 2 * HOUR, 2 * DAY, 8 * DAY]

const action: fc.Arbitrary<Action> = fc.record({
  till: fc.nat(TILLS - 1),
  payment: fc.nat(PAYMENTS - 1),
  what: fc.constantFrom(...whats),
  amountMinor: fc.integer({ min: 1, max: 130 }),
})

type Sale = ReturnType<typeof sale>
type World = {
  readonly counter: Counter
  readonly tills: readonly TestTill[]
  readonly wallets: readonly TestWallet[]
  readonly sales: readonly Sale[]
  /** Refunds that were made or asked for, to be said again. */
  readonly said: { readonly till: TestTill; readonly fact: Fact }[]
  readonly sent: Map<TestTill, number>
}

async function openWorld(): Promise<World> {
  const counter = await openCounter({ terms: { fundsMinor: 150 } })
  const tills = [counter.till, await counter.rig.till(), await counter.rig.till()]
  const wallets = [counter.wallet, await counter.rig.wallet()]
  // Each payment begins at a till of its own, on a wallet that cannot pay all of them.
  const sales = Array.from({ length: PAYMENTS }, (_, index) => sale(AMOUNT, wallets[index % WALLETS]?.show() ?? ''))
  for (const [index, one] of sales.entries()) tills[index % TILLS]?.write(one.intended)
  return { counter, tills, wallets, sales, said: [], sent: new Map() }
}

async function act(world: World, { till: tillNumber, payment, what, amountMinor }: Action): Promise<void> {
  const { counter, tills, wallets, sales, said } = world
  const [one, till, own] = [sales[payment], tills[tillNumber], tills[payment % TILLS]]
  if (one === undefined || till === undefined || own === undefined) return
  switch (what) {
    case 'sold':
      for (const fact of [one.acceptedOffline, one.captured]) own.write(fact)
      return
    case 'refund':
    case 'ask': {
      const { made, asked } = refund(one, amountMinor)
      const fact = what === 'refund' ? made : asked
      const at = what === 'refund' ? own : till
      said.push({ till: at, fact })
      return void at.write(fact)
    }
    case 'again': {
      const again = said[amountMinor % Math.max(1, said.length)]
      return void again?.till.write(again.fact)
    }
    case 'send':
      return send(world, till)
    case 'wait':
      return await counter.pass(WAITS[amountMinor % WAITS.length] ?? MINUTE)
    case 'fund':
      return await counter.fund(wallets[payment % WALLETS] ?? counter.wallet, amountMinor)
    case 'retry':
      return void (await counter.rig.hub.retryPayment(one.paymentId))
    case 'writeOff':
      return void (await counter.rig.hub.writeOff(one.paymentId, 'a test'))
    default:
      return void own.write(one[what])
  }
}

/** Not waited for: the hub is busy with it while others go on. */
function send({ counter, sent }: World, till: TestTill): void {
  counter.rig.carrier.deliver(upTopic(till.id), till.batch((sent.get(till) ?? 0) + 1))
  sent.set(till, till.entries.length)
}

const nameOf = ({ id, kind }: Transfer): string => (kind === 'single' || kind === 'post' ? (id.split('/')[1] ?? '') : '')

/** Recomputed from the postings alone. */
async function check({ counter, wallets, sales }: World): Promise<void> {
  const { store } = counter.rig.ports
  const transfers = await store.transfersAfter(0, 10_000)
  let merchantMinor = 0
  for (const { paymentId } of sales) {
    const payment = await counter.rig.payment(paymentId)
    const ofPayment = transfers.filter((transfer) => transfer.payment === paymentId)
    const total = (...names: string[]) => Number(ofPayment.filter((transfer) => names.includes(nameOf(transfer))).reduce((sum, { amount }) => sum + amount, 0n))
    const [taken, back] = [total('post', 'pay'), total('return', 'refund')]
    expect(ofPayment.filter((transfer) => ['post', 'pay'].includes(nameOf(transfer))).length).toBeLessThanOrEqual(1)
    expect(back).toBeLessThanOrEqual(taken)
    expect(payment?.refundedMinor).toBeLessThanOrEqual(payment?.capturedMinor ?? 0)
    const kept = payment?.funds === 'posted' ? payment.capturedMinor - payment.refundedMinor : 0
    expect(taken - back, `${payment?.state} ${payment?.funds}`).toBe(kept)
    const open = ofPayment.filter(({ status }) => status === 'open').length
    expect(open).toBe(payment?.funds === 'held' ? 1 : 0)
    const approved = (await store.refundsOf(paymentId)).filter(({ verdict }) => verdict === 'approved')
    expect(approved.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(payment?.refundedMinor)
    merchantMinor += kept
  }
  expect((await conserve(store, 0)).faults).toEqual([])
  const { merchant, pending, counts } = await counter.money()
  expect(merchant).toBe(merchantMinor)
  expect(counts.unsettledEntries).toBe(0)
  const purses = await Promise.all(wallets.map(async (wallet) => await counter.rig.purse(wallet)))
  for (const [balance] of purses) expect(balance).toBeGreaterThanOrEqual(0)
  expect(purses.reduce((sum, [, held = 0]) => sum + held, 0)).toBe(pending)
}

it('blnkfinance/blnk#181, mojaloop/project#4115: random captures, refunds, voids and requests of several tills never give back more than was captured, and no money is in two places', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60 }), async (actions) => {
      const world = await openWorld()
      for (const next of actions) await act(world, next)
      for (const till of world.tills) send(world, till)
      await world.counter.rig.hub.idle()
      await check(world)
      expect(world.counter.rig.warnings).toEqual([])
    }),
    { numRuns: 60 },
  )
}, 60_000)

it('reaches refunds, refusals, late money and recoveries: the property above has something to say', async () => {
  const wanted = ['CAPTURED', 'REFUNDED', 'VOIDED', 'EXPIRED', 'approved', 'refund.exceeds_captured', 'hub.recovered', 'hub.refunded']
  const seen = new Set<string>()
  for (const actions of fc.sample(fc.array(action, { minLength: 50, maxLength: 60 }), { numRuns: 60, seed: 7 })) {
    if (wanted.every((one) => seen.has(one))) break
    const world = await openWorld()
    for (const next of actions) await act(world, next)
    for (const till of world.tills) send(world, till)
    await world.counter.rig.hub.idle()
    for (const { paymentId } of world.sales) {
      seen.add((await world.counter.rig.payment(paymentId))?.state ?? 'nothing')
      for (const { verdict } of await world.counter.rig.ports.store.refundsOf(paymentId)) seen.add(verdict)
      for (const { event } of await world.counter.rig.ports.store.stepsOf(paymentId)) seen.add(event)
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(wanted))
}, 60_000)
