import { beforeEach, describe, expect, it } from 'vitest'
import { createPlaces } from './places.ts'
import { postingsBehind, type PostingsWanted } from './postings.ts'
import { conserve } from '../bank/conservation.ts'
import { openAccount, type Transfer } from '../ledger/ledger.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import type { HubStore } from '../store/hub-store.ts'
import { openCounter } from '../test-counter.ts'
import { cashSale } from '../test-credits.ts'
import { nextId, refund, sale, START, TestClock } from '../test-rig.ts'
import { DAY, type Timers } from '#protocol/time.ts'

/** What waits is run when somebody says so. */
function heldTimers() {
  const waiting: (() => void)[] = []
  const timers: Timers = {
    after(_delay, run) {
      waiting.push(run)
      return () => undefined
    },
  }
  return { timers, waiting }
}

const posting = (over: Partial<Transfer>): Transfer => ({
  id: nextId(),
  version: 0,
  kind: 'single',
  debit: 'bank/EUR',
  credit: 'own-funds/EUR',
  amount: 1n,
  currency: 'EUR',
  status: undefined,
  expiresAt: undefined,
  pendingId: undefined,
  payment: undefined,
  at: START,
  ...over,
})
async function storeWith(transfers: readonly Transfer[]): Promise<HubStore> {
  const store = openMemoryStore(memoryDisk())
  const ids = [...new Set(transfers.flatMap(({ debit, credit }) => [debit, credit]))]
  const accounts = ids.map((id) => openAccount({ id, label: id, currency: 'EUR', side: 'debit', rule: 'none' }))
  expect(await store.commit({ accounts, transfers })).toBe('done')
  return store
}

describe('where money is', () => {
  let counter: Awaited<ReturnType<typeof openCounter>>
  beforeEach(async () => {
    counter = await openCounter()
  })

  it('is what the conservation report says, and stays so while more is posted', async () => {
    const { till, wallet, journal, rig } = counter
    const places = createPlaces({ store: rig.ports.store, clock: rig.clock, timers: heldTimers().timers, caughtUp: () => undefined })
    const same = async () => {
      const [told, counted] = [await places.view(), await conserve(rig.ports.store, rig.clock.now())]
      expect(told.whole).toBe(true)
      for (const { currency, places: found } of counted.currencies) {
        const mine = told.currencies.find((one) => one.currency === currency)?.places ?? []
        const sum = ({ place, minor }: (typeof mine)[number]) => `${place} ${minor}`
        expect(mine.map(sum).toSorted()).toEqual(
          found
            .filter(({ minor }) => minor !== '0')
            .map(sum)
            .toSorted(),
        )
      }
    }
    const paid = sale(1_200, wallet.show())
    await journal(till, paid.intended, paid.held, paid.captured, paid.completed)
    await same()
    const cash = cashSale(500)
    await journal(till, refund(paid, 200).made, cash.taken, cash.completed)
    await same()
  })
})

describe('the chart of days', () => {
  it('has each day’s end, worked out backwards, and forgets no sum of days it does not show', async () => {
    const at = (daysAgo: number) => START - daysAgo * DAY
    const store = await storeWith([posting({ amount: 100n, at: at(40) }), posting({ amount: 20n, at: at(1) }), posting({ amount: 3n, at: START })])
    const places = createPlaces({ store, clock: new TestClock(), timers: heldTimers().timers, caughtUp: () => undefined })
    const [euro] = (await places.view()).currencies
    expect(euro?.days.slice(-3).map(({ places: found }) => found.bank)).toEqual(['100', '120', '123'])
    expect(euro?.days).toHaveLength(14)
    expect(euro?.days.every(({ places: { bank, ownFunds } }) => Number(bank) + Number(ownFunds) === 0)).toBe(true)
  })

  it('says that it is not whole until every posting was read, and reads each once', async () => {
    const store = await storeWith(Array.from({ length: 4_500 }, () => posting({})))
    const { timers, waiting } = heldTimers()
    let told = 0
    const places = createPlaces({ store, clock: new TestClock(), timers, caughtUp: () => told++ })
    const both = await Promise.all([places.view(), places.view()])
    expect(both.map(({ whole }) => whole)).toEqual([false, false])
    expect(waiting).toHaveLength(1)
    waiting.shift()?.()
    expect((await places.view()).whole).toBe(false)
    expect(told).toBe(0)
    waiting.shift()?.()
    const done = await places.view()
    expect(done.whole).toBe(true)
    expect(told).toBe(1)
    expect(done.currencies[0]?.places).toContainEqual({ place: 'bank', minor: '4500' })
  })
})

describe('postings behind a figure', () => {
  const all = async (store: HubStore, wanted: PostingsWanted) => {
    const found = []
    let pages = 0
    for (let before = wanted.before; ; pages++) {
      const page = await postingsBehind(store, { ...wanted, before })
      found.push(...page.postings)
      if (page.next === undefined) return { found, pages: pages + 1 }
      before = page.next
    }
  }

  it('are all of them, newest first and each once, over as many pages as it takes', async () => {
    const transfers = Array.from({ length: 12_000 }, (_, n) => posting({ at: START + n, ...(n % 400 === 0 ? { credit: 'bank-fees/EUR' } : {}) }))
    const store = await storeWith(transfers)
    const wanted = transfers.filter(({ credit }) => credit === 'bank-fees/EUR').toReversed()
    const { found, pages } = await all(store, { place: 'bankFees' })
    expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
    expect(pages).toBe(2)
    const everything = await all(store, { account: 'bank/EUR', currency: 'EUR' })
    expect(everything.found.map(({ id }) => id)).toEqual(transfers.toReversed().map(({ id }) => id))
    expect((await all(store, { currency: 'USD' })).found).toEqual([])
  })

  it('of what is held are the holds that are open', async () => {
    const open = posting({ kind: 'pending', status: 'open' })
    const store = await storeWith([posting({}), open, posting({ kind: 'pending', status: 'posted' })])
    expect((await all(store, { place: 'held' })).found.map(({ id }) => id)).toEqual([open.id])
    expect((await all(store, {})).found).toHaveLength(1)
  })
})
