import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPayouts } from './payouts.ts'
import { payoutDocument, payoutRow, readPayout, type Payout, type PayoutEvent, type PayoutState } from './payout.ts'
import { recountSettlement } from './recount.ts'
import { demoShop } from '../demo-shop.ts'
import { applyTransfer, openAccount, type Account } from '../ledger/ledger.ts'
import { merchantAccount, payoutAccount, unassignedAccount } from '../ledger/names.ts'
import { firstTerms } from '../merchants/terms.ts'
import { createMerchants } from '../merchants/register.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { nextId, START, TestClock } from '../test-rig.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

const merchant = demoShop.merchant.id
const [own, proposed] = [merchantAccount(merchant, 'EUR'), payoutAccount('proposed', merchant, 'EUR')]
const account = { iban: 'DE89370400440532013000', name: 'Harbour Corner' }

/** A payout of 100 EUR as the end of a window leaves it. */
async function desk() {
  const disk = memoryDisk()
  const store = openMemoryStore(disk)
  const clock = new TestClock()
  const merchants = createMerchants({ store, clock })
  await merchants.start([{ ...firstTerms(demoShop), account }])
  const payouts = createPayouts({ clock, crypto: nodeCrypto, store, merchants, changed: () => undefined })
  const payoutId = nextId()
  const said = {
    merchant,
    currency: 'EUR',
    amountMinor: 100_00n,
    windows: ['w'],
    account,
    accountBy: 'operator',
    createdBy: 'hub',
    createdAt: START,
    steps: [],
  }
  const payout: Payout = { payoutId, ...said, state: 'proposed' }
  const accounts = [own, proposed].map((id) => openAccount({ id, label: id, currency: 'EUR', side: 'credit', rule: 'none' }))
  const books = { account: (id: string) => accounts.find((one) => one.id === id), transfer: () => undefined }
  const posted = applyTransfer(books, { kind: 'single', id: `payout/${payoutId}/proposed`, debit: own, credit: proposed, amount: 100_00n }, START)
  if (!posted.ok) throw new Error(posted.code)
  await store.commit({ ...posted.value, documents: [payoutRow(payout, 0)] })
  const balances = async () => {
    const ids = [
      own,
      ...(['proposed', 'approved', 'sent', 'accepted'] as const).map((place) => payoutAccount(place, merchant, 'EUR')),
      unassignedAccount('EUR'),
    ]
    const found = new Map((await store.get('accounts', ids)).map((one: Account) => [one.id, Number(one.creditsPosted - one.debitsPosted)]))
    return ids.map((id) => found.get(id) ?? 0)
  }
  return { store, clock, merchants, payouts, payout, payoutId, balances, digest: payouts.digestOf(payout) }
}

test('nobody approves alone, by another digest, or for an account that has changed', async () => {
  const { payouts, payoutId, merchants, digest } = await desk()
  expect(await payouts.approve(payoutId, 'hub', digest)).toMatchObject({ ok: false, code: 'payout.same_person' })
  expect(await payouts.approve(payoutId, 'operator', digest)).toMatchObject({ ok: false, code: 'payout.same_person' })
  expect(await payouts.approve(payoutId, 'bob', 'another')).toMatchObject({ ok: false, code: 'payout.changed' })
  expect(await payouts.approve(nextId(), 'bob', digest)).toMatchObject({ ok: false, code: 'payout.unknown' })
  // A rogue changes the account, and then the name back: the payout is for the account that it was proposed for.
  await merchants.change({ ...firstTerms(demoShop), account: { iban: 'FR1420041010050500013M02606', name: 'Mallory' } }, 'mallory', 1)
  expect(await merchants.agree(demoShop.merchant.id, 2, 'eve')).toMatchObject({ ok: true })
  expect(await payouts.approve(payoutId, 'bob', digest)).toMatchObject({ ok: false, code: 'payout.changed' })
  await merchants.change({ ...firstTerms(demoShop), account, state: 'held' }, 'ann', 2)
  expect(await merchants.agree(demoShop.merchant.id, 3, 'bob')).toMatchObject({ ok: true })
  expect(await payouts.approve(payoutId, 'bob', digest)).toMatchObject({ ok: false, code: 'payout.changed' })
  await merchants.change({ ...firstTerms(demoShop), account }, 'ann', 3)
  expect(await payouts.approve(payoutId, 'bob', digest)).toMatchObject({ ok: true, value: { state: 'approved', approvedBy: 'bob' } })
  expect(await payouts.approve(payoutId, 'bob', digest)).toMatchObject({ ok: true, value: { steps: [{ event: 'approve', by: 'bob' }] } })
})

test('what was approved does not leave for an account that has changed since, nor of a merchant that is held; what has left is said again', async () => {
  const { payouts, payoutId, merchants, digest, balances } = await desk()
  await payouts.approve(payoutId, 'bob', digest)
  await merchants.change({ ...firstTerms(demoShop), account, state: 'held' }, 'ann', 1)
  const send = () => payouts.step(payoutId, 'send', { by: 'hub', ref: 'file-1' })
  expect(await send()).toMatchObject({ ok: false, code: 'payout.changed' })
  expect(await balances()).toEqual([-100_00, 0, 100_00, 0, 0, 0])
  await merchants.change({ ...firstTerms(demoShop), account }, 'ann', 2)
  expect(await send()).toMatchObject({ ok: true })
  await merchants.change({ ...firstTerms(demoShop), account, state: 'held' }, 'ann', 3)
  expect(await send()).toMatchObject({ ok: true, value: { state: 'sent' } })
})

test('two people who act at the same moment, and a message that comes twice, move money once', async () => {
  const { payouts, payoutId, balances, digest } = await desk()
  const [first, second] = await Promise.all([payouts.approve(payoutId, 'bob', digest), payouts.step(payoutId, 'reject', { by: 'eve', ref: 'no' })])
  expect([first.ok, second.ok].filter(Boolean).length).toBeGreaterThan(0)
  const total = (await balances()).reduce((sum, value) => sum + value, 0)
  expect(total).toBe(0)
  const other = await desk()
  await other.payouts.approve(other.payoutId, 'bob', other.digest)
  const sent = { by: 'bank', ref: 'file-1' }
  await Promise.all([other.payouts.step(other.payoutId, 'send', sent), other.payouts.step(other.payoutId, 'send', sent)])
  expect(await other.balances()).toEqual([-100_00, 0, 0, 100_00, 0, 0])
})

test('what has left is refused by the bank alone, and nobody takes another one’s approval for his own', async () => {
  const { payouts, payoutId, balances, digest } = await desk()
  await payouts.approve(payoutId, 'bob', digest)
  expect(await payouts.approve(payoutId, 'carol', digest)).toMatchObject({ ok: false, code: 'payout.wrong_state' })
  const left = await payouts.step(payoutId, 'send', { by: 'hub', ref: 'file-1' })
  if (!left.ok) throw new Error(left.code)
  expect(await payouts.reject(payoutId, 'mallory', 'pay me twice')).toMatchObject({ ok: false, code: 'payout.wrong_state' })
  await payouts.step(payoutId, 'accept', { by: 'hub', ref: 'answer-1' })
  expect(await payouts.reject(payoutId, 'mallory', 'pay me twice')).toMatchObject({ ok: false, code: 'payout.wrong_state' })
  expect(await balances()).toEqual([-100_00, 0, 0, 0, 100_00, 0])
  expect(await payouts.adopt(left.value, 'file-1')).toMatchObject({ ok: true, value: { state: 'accepted' } })
})

test('a payout that a backup has forgotten is the merchant’s debt, counted by a window that closes later', async () => {
  const { payouts, payout, payoutId, store, balances, digest } = await desk()
  await payouts.approve(payoutId, 'bob', digest)
  const left: Payout = { ...payout, payoutId: nextId(), state: 'sent', steps: [{ event: 'send', by: 'hub', at: START, ref: 'file-1' }] }
  expect(await payouts.adopt(left, 'file-1')).toMatchObject({ ok: true, value: { state: 'sent', adopted: true, windows: [] } })
  await payouts.adopt(left, 'file-1')
  expect(await balances()).toEqual([-200_00, 0, 100_00, 100_00, 0, 0])
  expect(payouts.isPayable(left)).toBe(true)
  expect(payouts.isPayable({ ...left, account: { ...account, name: 'Mallory' } })).toBe(false)
  const window = (await store.documents({ prefix: 'window/', limit: 2 })).map(({ body }) => JSON.parse(body) as { readonly totals: { readonly other: string } })
  expect(window.map(({ totals }) => totals.other)).toEqual(['-10000'])
  const wrong = (await recountSettlement(store)).differences.filter((line) => !line.startsWith('window') && !line.includes(`payout ${payoutId}`))
  expect(wrong.filter((line) => line.includes('payout'))).toEqual([])
})

test('what is stored beside a step is there exactly when the step is', async () => {
  const { payouts, payoutId, store, digest } = await desk()
  const beside = [{ id: 'line/1', version: 0, dueAt: undefined, body: '{}' }]
  expect(await payouts.step(payoutId, 'send', { by: 'bank', ref: 'f', beside })).toMatchObject({ ok: false, code: 'payout.wrong_state' })
  expect(await store.get('documents', ['line/1'])).toEqual([])
  await payouts.approve(payoutId, 'bob', digest)
  await payouts.step(payoutId, 'send', { by: 'bank', ref: 'f', beside })
  // Said again, it is left alone: that row would be in conflict.
  expect(await payouts.step(payoutId, 'send', { by: 'bank', ref: 'f', beside })).toMatchObject({ ok: true })
  expect(await store.get('documents', ['line/1'])).toHaveLength(1)
})

/** The same table, written by hand: where the 100 EUR are after each state. */
const places: Readonly<Record<PayoutState, readonly number[]>> = {
  proposed: [-100_00, 100_00, 0, 0, 0, 0],
  approved: [-100_00, 0, 100_00, 0, 0, 0],
  sent: [-100_00, 0, 0, 100_00, 0, 0],
  accepted: [-100_00, 0, 0, 0, 100_00, 0],
  settled: [-100_00, 0, 0, 0, 0, 100_00],
  rejected: [0, 0, 0, 0, 0, 0],
  returned: [0, 0, 0, 0, 0, 0],
}
const model = (state: PayoutState, event: PayoutEvent): PayoutState | undefined => {
  if (event === 'approve') return state === 'proposed' ? 'approved' : undefined
  if (event === 'send') return state === 'approved' ? 'sent' : undefined
  if (event === 'accept') return state === 'sent' ? 'accepted' : undefined
  if (event === 'settle') return state === 'sent' || state === 'accepted' ? 'settled' : undefined
  if (event === 'return') return state === 'settled' ? 'returned' : undefined
  return ['proposed', 'approved', 'sent', 'accepted'].includes(state) ? 'rejected' : undefined
}

test('whatever is said in whatever order, the money is where the state says and the steps are those that were taken', async () => {
  const events = fc.array(
    fc.record({ event: fc.constantFrom<PayoutEvent>('approve', 'send', 'accept', 'settle', 'reject', 'return'), ref: fc.constantFrom('a', 'b') }),
    { maxLength: 12 },
  )
  // Chance alone seldom goes the whole way.
  const begun = fc.constantFrom(0, 1, 2, 3).map((steps) => (['approve', 'send', 'settle'] as const).slice(0, steps).map((event) => ({ event, ref: 'a' })))
  const seen = new Set<PayoutState>()
  await fc.assert(
    fc.asyncProperty(begun, events, async (beginning, after) => {
      const { payouts, payoutId, store, balances, digest } = await desk()
      let state: PayoutState = 'proposed'
      const done = new Set<string>()
      for (const { event, ref } of [...beginning, ...after]) {
        const key = event === 'approve' ? event : `${event} ${ref}`
        const next: PayoutState | undefined = done.has(key) ? state : model(state, event)
        const answer = event === 'approve' ? await payouts.approve(payoutId, 'bob', digest) : await payouts.step(payoutId, event, { by: 'bank', ref })
        expect(answer.ok).toBe(next !== undefined)
        if (next !== undefined && !done.has(key)) done.add(key)
        state = next ?? state
        seen.add(state)
        expect(await balances()).toEqual(places[state])
      }
      const [row] = await store.get('documents', [payoutDocument(payoutId)])
      expect(row && readPayout(row)).toMatchObject({ state, amountMinor: 100_00n })
      const wrong = (await recountSettlement(store)).differences.filter((line) => line.startsWith('payouts'))
      expect(wrong).toEqual([])
    }),
    { numRuns: 200 },
  )
  expect([...seen].toSorted()).toEqual(['accepted', 'approved', 'proposed', 'rejected', 'returned', 'sent', 'settled'])
})

test('a list is of those that were asked for, the newest first', async () => {
  const { payouts, payoutId } = await desk()
  expect((await payouts.list({ limit: 10 })).map((payout) => payout.payoutId)).toEqual([payoutId])
  expect(await payouts.list({ limit: 10, state: 'sent' })).toEqual([])
  expect(await payouts.list({ limit: 10, after: payoutId })).toEqual([])
  expect(await payouts.list({ limit: 10, merchant: nextId() })).toEqual([])
})
