import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exchangeDocument, readPaymentExchange } from './payment-exchange.ts'
import { TestFeed, testExchange } from './test-exchange.ts'
import { conserve } from '../bank/conservation.ts'
import { demoShop } from '../demo-shop.ts'
import type { Transfer } from '../ledger/ledger.ts'
import { demoTerms } from '../merchants/terms.ts'
import { makeRig, nextId, refund, requestOf, START, type Rig, type TestTill, type TestWallet } from '../test-rig.ts'
import { base64url } from '#protocol/bytes.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { statedIn } from '#protocol/hub/messages.ts'
import { DAY, HOUR, MINUTE } from '#protocol/time.ts'

/**
 * Whatever phones, tills, rates and time do: both sides of an exchange move together, nobody gains by a fraction, a payment that is wholly given back leaves nothing
 * in the hub's position, and what is left of the others is what they were confirmed at. Recomputed from the raw postings by other sums than the hub's.
 */
const whats = ['quote', 'pay', 'pay', 'payAgain', 'capture', 'capture', 'letGo', 'void', 'refund', 'refund', 'refundAll', 'rate', 'wait', 'repeat'] as const
type Action = { readonly what: (typeof whats)[number]; readonly payment: number; readonly number: number }
const action: fc.Arbitrary<Action> = fc.record({ what: fc.constantFrom(...whats), payment: fc.nat(3), number: fc.integer({ min: 1, max: 999 }) })
const SUMS = [1, 99, 1250, 33_333]

type Asked = { readonly request: ReturnType<typeof requestOf>; quote?: string; receipt?: string; saleId: string }
type World = {
  readonly rig: Rig
  readonly feed: TestFeed
  readonly till: TestTill
  readonly wallet: TestWallet
  readonly asked: Asked[]
  sent: number
  last: Fact[]
}

async function openWorld(refundRate: 'original' | 'today', currency: 'CNY' | 'JPY' | 'KWD'): Promise<World> {
  const feed = new TestFeed()
  const rig = await makeRig({
    exchange: testExchange(feed),
    firstTerms: { ...demoTerms(demoShop), refundRate },
    terms: { fundsMinor: 40_000, credentialLifetimeMs: 30 * DAY },
  })
  await rig.hub.rates?.look()
  const [till, wallet] = [await rig.till(), await rig.wallet(currency)]
  return { rig, feed, till, wallet, asked: SUMS.map((sum) => ({ request: requestOf(till.id, sum), saleId: nextId() })), sent: 0, last: [] }
}

async function act(world: World, { what, payment, number }: Action): Promise<void> {
  const { rig, feed, wallet, asked } = world
  const one = asked[payment]
  if (one === undefined) return
  const request = base64url(one.request.bytes)
  const said = one.receipt === undefined ? undefined : statedIn(one.receipt)
  switch (what) {
    case 'quote': {
      const quoted = await rig.hub.quoteForPhone({ wallet: wallet.wallet, request })
      if (quoted.ok) one.quote = base64url(quoted.value)
      return
    }
    case 'pay':
    case 'payAgain': {
      if (one.quote === undefined) await act(world, { what: 'quote', payment, number })
      const paid = await rig.hub.payByPhone({ wallet: wallet.wallet, request, code: wallet.bound(one.request.bytes, rig.clock.now()), quote: one.quote })
      if (paid.ok) one.receipt = base64url(paid.value)
      return
    }
    case 'rate':
      feed.say({ CNY: `7.${800 + (number % 199)}`, JPY: `163.${number}`, KWD: `0.33${number}` }, rig.clock.now())
      return await rig.hub.rates?.look()
    case 'wait':
      rig.clock.advance([MINUTE, 3 * MINUTE, 2 * HOUR, 8 * DAY][number % 4] ?? MINUTE)
      return await rig.hub.idle()
    case 'repeat':
      return await tell(world, world.last)
    default:
  }
  if (said === undefined || one.receipt === undefined) return
  const { paymentId, amountMinor, currency } = said
  const body = { paymentId, saleId: one.saleId, amountMinor, currency }
  const intended: Fact = { kind: 'payment.intended', body: { ...body, instrument: { type: 'merchant_qr', receipt: one.receipt } } }
  const captured: Fact = { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber: `R-${paymentId.slice(0, 12)}` } }
  const back = (minor: number): Fact => refund({ paymentId, captured: captured as never }, minor).made
  const facts: Readonly<Record<string, readonly Fact[]>> = {
    capture: [intended, { kind: 'payment.held', body: { paymentId, decision: one.receipt } }, captured],
    letGo: [intended, { kind: 'payment.voided', body: { paymentId, code: 'qr.given_back' } }],
    void: [{ kind: 'payment.voided', body: { paymentId, code: 'wire.no_answer' } }],
    refund: [back(Math.min(amountMinor, 1 + Math.floor((amountMinor * number) / 1500)))],
    refundAll: [back(amountMinor)],
  }
  await tell(world, facts[what] ?? [])
}

async function tell(world: World, facts: readonly Fact[]): Promise<void> {
  const { rig, till } = world
  for (const fact of facts) till.write(fact, rig.clock.now())
  world.last = [...facts]
  await rig.send(till, till.batch(world.sent + 1))
  world.sent = till.entries.length
}

const floor = (whole: number, part: number, all: number): number => Number((BigInt(whole) * BigInt(part)) / BigInt(all))

async function check({ rig, asked, wallet }: World, isToday: boolean): Promise<readonly string[]> {
  const { store } = rig.ports
  const transfers = await store.transfersAfter(0, 100_000)
  const seen: string[] = []
  for (const { receipt } of asked) {
    const said = receipt === undefined ? undefined : statedIn(receipt)
    if (said?.exchange === undefined) continue
    const { paymentId, amountMinor, exchange } = said
    const [row] = await store.get('documents', [exchangeDocument(paymentId)])
    const payment = await rig.payment(paymentId)
    const ofPayment = transfers.filter((transfer) => transfer.payment === paymentId)
    const moved = ofPayment.filter(({ kind }) => kind === 'single' || kind === 'post')
    const net = (prefix: string, code: string): number => {
      const signed = ({ debit, credit, amount, currency }: Transfer): bigint =>
        currency !== code ? 0n : (credit.startsWith(prefix) ? amount : 0n) - (debit.startsWith(prefix) ? amount : 0n)
      return Number(moved.reduce((sum, transfer) => sum + signed(transfer), 0n))
    }
    const isPaid = payment?.funds === 'posted' || payment?.funds === 'released'
    const hasMoney = moved.some(({ id }) => id === `${paymentId}/post` || id === `${paymentId}/pay`)
    const returned = row === undefined ? [] : readPaymentExchange(row).returned
    const back = returned.reduce((sum, part) => sum + part.amountMinor, 0)
    const open = ofPayment.filter(({ status }) => status === 'open').length
    expect(open === 0 || open === 2, 'both sides are held, or none').toBe(true)
    if (!hasMoney) {
      expect([net('fx-position/', 'EUR'), net('wallet/', exchange.currency), net('fx-result/', exchange.currency)]).toEqual([0, 0, 0])
      continue
    }
    expect(isPaid).toBe(true)
    // What it was paid for: less what had gone back before there was money for it.
    const early = (payment?.refundedMinor ?? 0) - (payment?.state === 'VOIDED' ? 0 : back)
    const paidMinor = exchange.amountMinor - floor(exchange.amountMinor, early, amountMinor)
    const kept = amountMinor - early - back
    expect(net('merchant/', 'EUR') + net('fees/', 'EUR') + net('fee-tax/', 'EUR')).toBe(kept)
    expect(net('fx-position/', 'EUR')).toBe(0 - kept)
    const backMinor = returned.reduce((sum, part) => sum + part.walletMinor, 0)
    expect(net('wallet/', exchange.currency)).toBe(backMinor - paidMinor)
    if (kept === 0) expect(net('fx-position/', exchange.currency), 'nothing is left of it').toBe(0)
    if (kept === 0 && !isToday) expect(backMinor, 'to the last minor unit').toBe(paidMinor)
    expect(net('fx-position/', exchange.currency) + net('fx-result/', exchange.currency)).toBe(paidMinor - backMinor)
    for (const part of returned)
      if (part.rate === undefined) expect(part.walletMinor).toBeLessThanOrEqual(floor(exchange.amountMinor, part.amountMinor, amountMinor) + 1)
    if (backMinor > paidMinor && !isToday) expect.unreachable('more came back than was paid')
    seen.push(
      kept === 0 ? 'all back' : back > 0 ? 'part back' : 'paid',
      ...(early > 0 ? ['late'] : []),
      ...(returned.some(({ rate }) => rate) ? ['today'] : []),
    )
  }
  expect((await conserve(store, START)).faults).toEqual([])
  for (const minor of await rig.purse(wallet)) expect(minor).toBeGreaterThanOrEqual(0)
  expect(rig.warnings).toEqual([])
  return seen
}

it('moves both sides of every exchange, whatever comes when', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 15, maxLength: 40 }),
      fc.boolean(),
      fc.constantFrom('CNY', 'JPY', 'KWD'),
      async (actions, isToday, currency) => {
        const world = await openWorld(isToday ? 'today' : 'original', currency)
        for (const next of actions) await act(world, next)
        for (const what of await check(world, isToday)) seen.add(what)
      },
    ),
    { numRuns: 20 },
  )
  expect([...seen]).toEqual(expect.arrayContaining(['paid', 'part back', 'all back', 'today']))
}, 30_000)
