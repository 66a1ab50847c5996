import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { escrowDocument, isOpen, readEscrow, type Escrow, type EscrowAct } from './escrow.ts'
import { createEscrows, type EscrowDesk, type EscrowTerms } from './escrows.ts'
import { conserve } from '../bank/conservation.ts'
import { demoShop } from '../demo-shop.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { escrowAccount, merchantAccount, walletAccount } from '../ledger/names.ts'
import { firstTerms } from '../merchants/terms.ts'
import { recountSettlement } from '../settlement/recount.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { refund, requestOf, sale } from '../test-rig.ts'
import type { Id } from '#protocol/ids.ts'
import { DAY, HOUR } from '#protocol/time.ts'

const fees = { rates: [{ instrument: 'wallet' as const, tiers: [{ fromMinor: 0, ppm: 10_000 }], fixedMinor: 0, minimumMinor: 0 }], taxPpm: 0 }
const merchantTerms = { ...firstTerms(demoShop), recoverAfterDays: 365, fees: { ...fees, atRefund: 'returned' as const, chargebackMinor: 0 } }
let counter: Counter
beforeEach(async () => {
  counter = await openCounter({ firstTerms: merchantTerms, terms: { fundsMinor: 1_000_00 } })
})
const desk = () => counter.rig.hub.escrows

async function paid(amountMinor: number) {
  const { bytes } = requestOf(counter.till.id, amountMinor, counter.rig.clock.now())
  const one = sale(amountMinor, counter.wallet.bound(bytes, counter.rig.clock.now()), { request: bytes })
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const wanted = (amountMinor: number, over: Partial<EscrowTerms> = {}): EscrowTerms => ({
  amountMinor,
  about: 'A bicycle, to be picked up',
  forMs: 10 * DAY,
  atDeadline: 'release',
  ...over,
})
async function held(amountMinor: number, over: Partial<EscrowTerms> = {}) {
  const one = await paid(amountMinor)
  const opened = await desk().open(one.paymentId, wanted(amountMinor, over), 'Ann')
  if (!opened.ok) throw new Error(`${opened.code} ${opened.detail ?? ''}`)
  return one
}
async function balance(id: string): Promise<number> {
  const [account] = await counter.rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(balanceOf(account))
}
const merchant = () => balance(merchantAccount(demoShop.merchant.id, 'EUR'))
const buyer = () => balance(walletAccount(counter.wallet.wallet))
const inEscrow = (payment: Id) => balance(escrowAccount(payment))
const act = (payment: Id, what: Exclude<EscrowAct, { event: 'deadline' }>) => desk().act(payment, what)
async function pass(ms: number): Promise<void> {
  await counter.pass(ms)
  desk().wake()
  await desk().idle()
}
/** Two programs that share nothing with this one find nothing wrong. */
async function expectSound(): Promise<void> {
  expect((await conserve(counter.rig.ports.store, counter.rig.clock.now())).faults).toEqual([])
  expect((await recountSettlement(counter.rig.ports.store)).differences).toEqual([])
}

test('the buyer confirms, and the merchant has it; said twice it is once', async () => {
  const { paymentId } = await held(100_00)
  expect([await merchant(), await inEscrow(paymentId), await buyer()]).toEqual([-1_00, 100_00, 900_00])
  expect(await act(paymentId, { event: 'confirm', by: 'buyer' })).toMatchObject({ value: { state: 'released' } })
  expect(await act(paymentId, { event: 'confirm', by: 'buyer' })).toMatchObject({ value: { state: 'released' } })
  expect(await act(paymentId, { event: 'give_up', by: 'Ann', words: 'no' })).toMatchObject({ code: 'escrow.wrong_state' })
  expect([await merchant(), await inEscrow(paymentId), await buyer()]).toEqual([99_00, 0, 900_00])
  await expectSound()
})

test('what is released counts in the window of its release', async () => {
  const { paymentId } = await held(100_00)
  await counter.pass(2 * DAY)
  counter.rig.hub.settlement.wake()
  await counter.rig.hub.settlement.idle()
  await act(paymentId, { event: 'confirm', by: 'buyer' })
  const [now, before] = await counter.rig.hub.settlement.windows({ limit: 10 })
  expect([before?.totals.sales, before?.totals.other, now?.totals.sales, now?.totals.other]).toEqual([100_00n, -100_00n, 0n, 100_00n])
  await expectSound()
})

test('the deadline does what was agreed, also when the hub was away then', async () => {
  const [kept, back] = [await held(10_00), await held(20_00, { atDeadline: 'refund' })]
  const { store } = counter.rig.ports
  // A second hub over the same rows, as after a crash: it knows nothing but what is stored.
  counter.rig.clock.time += 11 * DAY
  const other = createEscrows({
    ...counter.rig.ports,
    shop: { merchant: demoShop.merchant.id, currency: 'EUR', terms: merchantTerms, perShownCodeMinor: 0 },
    changed: () => undefined,
  })
  expect(await other.act(kept.paymentId, { event: 'dispute', by: 'buyer', words: 'late' })).toMatchObject({ code: 'escrow.too_late' })
  other.wake()
  desk().wake()
  await Promise.all([other.idle(), desk().idle()])
  expect([await inEscrow(kept.paymentId), await inEscrow(back.paymentId), await buyer()]).toEqual([0, 0, 990_00])
  expect(await merchant()).toBe(9_90)
  expect(await store.documentsDue('escrow/', Number.MAX_SAFE_INTEGER, 10)).toEqual([])
  await expectSound()
})

test('a dispute: both are heard, one proposes, another agrees to what was shown, and each gets his part', async () => {
  const courier = await counter.rig.wallet()
  const { paymentId } = await held(100_00, { payees: [{ parts: 9 }, { wallet: courier.wallet, parts: 1 }] })
  await act(paymentId, { event: 'dispute', by: 'buyer', words: 'The wheel is bent' })
  expect(await act(paymentId, { event: 'decide', by: 'Ann', words: 'half', refundMinor: 50_00 })).toMatchObject({ code: 'escrow.too_early' })
  await act(paymentId, { event: 'evidence', by: 'Shop', side: 'seller', words: 'It was straight' })
  expect(await act(paymentId, { event: 'decide', by: 'Ann', words: 'more', refundMinor: 100_01 })).toMatchObject({ code: 'escrow.exceeds' })
  expect(await act(paymentId, { event: 'decide', by: 'Ann', words: 'half', refundMinor: 50_00 })).toMatchObject({ value: { state: 'proposed' } })
  expect(await act(paymentId, { event: 'agree', by: 'Ann', refundMinor: 50_00 })).toMatchObject({ code: 'escrow.same_person' })
  expect(await act(paymentId, { event: 'agree', by: 'Bob', refundMinor: 60_00 })).toMatchObject({ code: 'escrow.changed' })
  expect(await inEscrow(paymentId)).toBe(100_00)
  const ended = await act(paymentId, { event: 'agree', by: 'Bob', refundMinor: 50_00 })
  expect(ended).toMatchObject({ value: { state: 'split', ended: { refundedMinor: 50_00, released: [{ amountMinor: 45_00 }, { amountMinor: 5_00 }] } } })
  // Half of the fee of 1.00 came back with the half.
  expect([await merchant(), await inEscrow(paymentId), await buyer()]).toEqual([45_00 - 50, 0, 950_00])
  expect(await balance(walletAccount(courier.wallet))).toBe(1_005_00)
  expect(await counter.rig.payment(paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 50_00 })
  await expectSound()
})

test('the seller who says nothing lets its time go by; below the limit one person decides', async () => {
  const { paymentId } = await held(50_00)
  await act(paymentId, { event: 'dispute', by: 'buyer', words: 'Nothing came' })
  await pass(7 * DAY)
  expect(await act(paymentId, { event: 'evidence', by: 'Shop', side: 'seller', words: 'It did' })).toMatchObject({ code: 'escrow.too_late' })
  expect(await act(paymentId, { event: 'decide', by: 'Ann', words: 'all', refundMinor: 50_00 })).toMatchObject({ value: { state: 'refunded' } })
  expect([await merchant(), await buyer(), (await counter.rig.payment(paymentId))?.state]).toEqual([0, 1_000_00, 'REFUNDED'])
  await expectSound()
})

test('what a till gave back meanwhile is not given back twice', async () => {
  const one = await held(50_00)
  await counter.journal(counter.till, refund(one, 30_00).made)
  expect(await buyer()).toBe(980_00)
  expect(await act(one.paymentId, { event: 'give_up', by: 'Shop', words: 'sold out' })).toMatchObject({
    value: { state: 'refunded', ended: { refundedMinor: 20_00, alreadyBackMinor: 30_00 } },
  })
  expect([await merchant(), await inEscrow(one.paymentId), await buyer()]).toEqual([0, 0, 1_000_00])
  await expectSound()
})

test('what a till gave back of it counts for what the buyer was to get: the rest stays the merchant’s', async () => {
  const one = await held(100_00, { atDeadline: 'refund', forfeitMinor: 20_00 })
  await counter.journal(counter.till, refund(one, 50_00).made)
  await pass(10 * DAY)
  expect((await desk().find(one.paymentId))?.ended).toMatchObject({ refundedMinor: 30_00, alreadyBackMinor: 50_00, released: [{ amountMinor: 20_00 }] })
  expect([await inEscrow(one.paymentId), await buyer()]).toEqual([0, 980_00])
  await expectSound()
})

test('a rogue gets nothing held that is not there, nor anything of somebody else', async () => {
  const [one, other] = [await paid(50_00), await paid(20_00)]
  const open = (over: Partial<EscrowTerms>) => desk().open(one.paymentId, wanted(50_00, over), 'Ann')
  expect(await open({ amountMinor: 50_01 })).toMatchObject({ code: 'escrow.exceeds' })
  expect(await open({ amountMinor: 0 })).toMatchObject({ code: 'escrow.exceeds' })
  expect(await open({ forMs: 0 })).toMatchObject({ code: 'escrow.too_late' })
  expect(await open({ payees: [{ wallet: 'f'.repeat(32), parts: 1 }] })).toMatchObject({ code: 'hub.unknown_wallet' })
  expect(await open({})).toMatchObject({ ok: true })
  counter.rig.clock.advance(HOUR)
  expect(await open({})).toMatchObject({ ok: true })
  expect(await open({ amountMinor: 40_00 })).toMatchObject({ code: 'escrow.wrong_state' })
  // The fees have been taken, and nothing else.
  expect(await merchant()).toBe(20_00 - 70)
  await pass(2 * DAY)
  counter.rig.hub.settlement.wake()
  await counter.rig.hub.settlement.idle()
  // The day is over, so it may be on its way to the bank; and the merchant has 19.30.
  expect(await desk().open(other.paymentId, wanted(20_00), 'Ann')).toMatchObject({ code: 'escrow.not_possible' })
  expect(await desk().open(other.paymentId, wanted(19_00), 'Ann')).toMatchObject({ ok: true })
  const stranger = await counter.rig.wallet()
  expect(await desk().act(one.paymentId, { event: 'confirm', by: 'buyer' }, stranger.wallet)).toMatchObject({ code: 'escrow.unknown' })
  expect(await desk().act('nothing', { event: 'confirm', by: 'buyer' })).toMatchObject({ code: 'escrow.unknown' })
  await expectSound()
})

test('a hub that dies at any step, and is asked again, ends where one that did not would', async () => {
  const { paymentId } = await paid(100_00)
  const opening = wanted(100_00)
  const acts: Exclude<EscrowAct, { event: 'deadline' }>[] = [
    { event: 'dispute', by: 'buyer', words: 'bent' },
    { event: 'evidence', by: 'Shop', side: 'seller', words: 'straight' },
    { event: 'decide', by: 'Ann', words: 'a third', refundMinor: 33_33 },
    { event: 'agree', by: 'Bob', refundMinor: 33_33 },
  ]
  const { store } = counter.rig.ports
  const shop = { merchant: demoShop.merchant.id, currency: 'EUR', terms: merchantTerms, perShownCodeMinor: 0 }
  /** Twice: before its commit, and after it but before anybody heard. */
  async function dies(what: (hub: EscrowDesk) => Promise<unknown>): Promise<void> {
    for (const when of ['before', 'after'] as const) {
      const dying = {
        ...store,
        async commit(changes: Parameters<typeof store.commit>[0]) {
          if (when === 'after') await store.commit(changes)
          throw new Error('killed')
        },
      }
      await expect(what(createEscrows({ ...counter.rig.ports, store: dying, shop, changed: () => undefined }))).rejects.toThrow('killed')
    }
  }
  await dies((hub) => hub.open(paymentId, opening, 'Ann'))
  expect(await desk().open(paymentId, opening, 'Ann')).toMatchObject({ ok: true })
  for (const what of acts) {
    await dies((hub) => hub.act(paymentId, what))
    expect(await act(paymentId, what)).toMatchObject({ ok: true })
  }
  expect([await inEscrow(paymentId), await buyer(), (await counter.rig.payment(paymentId))?.refundedMinor]).toEqual([0, 933_33, 33_33])
  await expectSound()
})

// ---------------------------------------------------------------- whatever anybody does

type Move = {
  readonly what: 'confirm' | 'dispute' | 'heard' | 'decide' | 'agree' | 'refuse' | 'give_up' | 'refund' | 'wait'
  readonly by: string
  readonly minor: number
}
const move: fc.Arbitrary<Move> = fc.record({
  what: fc.constantFrom(
    'confirm',
    'dispute',
    'dispute',
    'heard',
    'heard',
    'decide',
    'decide',
    'decide',
    'agree',
    'agree',
    'refuse',
    'give_up',
    'refund',
    'wait',
  ),
  by: fc.constantFrom('Ann', 'Bob'),
  minor: fc.integer({ min: 0, max: 110_00 }),
})

async function play(one: Awaited<ReturnType<typeof held>>, { what, by, minor }: Move): Promise<void> {
  const words = `${minor}`
  switch (what) {
    case 'heard':
      return void (await act(one.paymentId, { event: 'evidence', side: minor % 2 === 0 ? 'seller' : 'buyer', by, words }))
    case 'decide':
      return void (await act(one.paymentId, { event: what, by, words, refundMinor: minor }))
    case 'agree': {
      const shown = (await desk().find(one.paymentId))?.steps.findLast(({ event }) => event === 'decide')?.refundMinor
      return void (await act(one.paymentId, { event: what, by, refundMinor: shown ?? minor }))
    }
    case 'refund':
      return await counter.journal(counter.till, refund(one, Math.max(1, minor)).made)
    case 'wait':
      return await pass((minor % 200) * HOUR)
    case 'confirm':
      return void (await act(one.paymentId, { event: what, by: 'buyer' }))
    default:
      return void (await act(one.paymentId, { event: what, by, words }))
  }
}

test('whatever is done in whatever order: what went out is what came in, once, and at its end nothing is left in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 14 }), fc.boolean(), async (moves, isRefund) => {
      counter = await openCounter({ firstTerms: { ...merchantTerms, fees: { ...merchantTerms.fees, rates: [] } }, terms: { fundsMinor: 1_000_00 } })
      const courier = await counter.rig.wallet()
      const funds = await balance(walletAccount(courier.wallet))
      const atDeadline = isRefund ? 'refund' : 'release'
      const one = await held(100_00, { atDeadline, forMs: 5 * DAY, payees: [{ parts: 2 }, { wallet: courier.wallet, parts: 1 }] })
      for (const next of moves) {
        await play(one, next)
        const now = await desk().find(one.paymentId)
        expect(await inEscrow(one.paymentId)).toBe(now !== undefined && isOpen(now) ? 100_00 : 0)
      }
      const [row] = await counter.rig.ports.store.get('documents', [escrowDocument(one.paymentId)])
      const escrow: Escrow | undefined = row && readEscrow(row)
      const { refundedMinor = 0 } = (await counter.rig.payment(one.paymentId)) ?? {}
      const toCourier = (await balance(walletAccount(courier.wallet))) - funds
      expect(refundedMinor).toBeLessThanOrEqual(100_00)
      expect(await buyer()).toBe(900_00 + refundedMinor)
      expect((await merchant()) + (await inEscrow(one.paymentId)) + toCourier + refundedMinor).toBe(100_00)
      if (escrow?.ended !== undefined) {
        const { refundedMinor: back, alreadyBackMinor, released } = escrow.ended
        expect(back + alreadyBackMinor + released.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(100_00)
        expect(toCourier).toBe(released[1]?.amountMinor)
      }
      await expectSound()
    }),
    { numRuns: 40 },
  )
})
