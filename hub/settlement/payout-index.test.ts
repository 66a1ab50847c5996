import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildPayoutIndex, indexed, indexRows, listPayouts } from './payout-index.ts'
import { payoutDocument, payoutRow, payoutStates, readPayout, type Payout } from './payout.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import type { HubStore } from '../store/hub-store.ts'
import { invariant } from '#protocol/outcome.ts'

const idOf = (n: number): string => `0190b3f0-0000-7000-8000-${String(n).padStart(12, '0')}`
const payoutOf = (n: number, merchant: number, state: Payout['state']): Payout => ({
  payoutId: idOf(n),
  merchant: idOf(900 + merchant),
  currency: 'EUR',
  amountMinor: 5n,
  windows: [],
  account: { iban: 'DE89370400440532013000', name: 'x' },
  accountBy: 'ann',
  state,
  createdBy: 'hub',
  createdAt: n,
  steps: [],
})
const states = fc.constantFrom(...payoutStates)
const wanted = fc.record({
  state: fc.option(states, { nil: undefined }),
  merchant: fc.option(fc.nat(2), { nil: undefined }),
  after: fc.option(fc.nat(300), { nil: undefined }),
  limit: fc.integer({ min: 1, max: 300 }),
})

/** As a hub from before there was an index has them, or as this one makes them. */
async function put(store: HubStore, payout: Payout, isOld: boolean): Promise<void> {
  const documents = [payoutRow(payout, 0), ...(isOld ? [] : indexRows(payout))]
  invariant((await store.commit({ documents })) === 'done', 'it is new')
}
async function move(store: HubStore, n: number, state: Payout['state']): Promise<void> {
  const [row] = await store.get('documents', [payoutDocument(idOf(n))])
  invariant(row !== undefined, 'it is there')
  const before = readPayout(row)
  const after = { ...before, state }
  const changes = await indexed(store, { documents: [payoutRow(after, row.version)] }, after, before.state)
  expect(await store.commit(changes)).toBe('done')
}

test('whatever became of payouts, old and new, they are found where they are, newest first and page by page', async () => {
  const made = fc.array(fc.tuple(fc.nat(2), states), { minLength: 1, maxLength: 260 })
  const moves = fc.array(fc.tuple(fc.nat(259), states), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(made, moves, moves, fc.nat(260), wanted, async (payouts, early, late, old, { merchant, after, ...range }) => {
      const store = openMemoryStore(memoryDisk())
      for (const [n, [of, state]] of payouts.entries()) await put(store, payoutOf(n, of, state), n < old)
      for (const [n, state] of early) if (n < payouts.length) await move(store, n, state)
      await buildPayoutIndex(store)
      await buildPayoutIndex(store)
      for (const [n, state] of late) if (n < payouts.length) await move(store, n, state)
      const all = (await store.documents({ prefix: 'payout/', limit: 1000, newestFirst: true })).map(readPayout)
      const whose = merchant === undefined ? undefined : idOf(900 + merchant)
      const right = all.filter(
        ({ payoutId, state, merchant: of }) => (range.state ?? state) === state && (whose ?? of) === of && (after === undefined || payoutId < idOf(after)),
      )
      const found = await listPayouts(store, { ...range, merchant: whose, after: after === undefined ? undefined : idOf(after) })
      expect(found.map(({ payoutId }) => payoutId)).toEqual(right.slice(0, range.limit).map(({ payoutId }) => payoutId))
    }),
    { numRuns: 40 },
  )
})
