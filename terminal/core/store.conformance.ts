import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hex, utf8 } from '#protocol/bytes.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'
import { compare, type Place } from './outbox.ts'
import { isOpen, keptOf, riskOf, type PaymentRecord } from './payments.ts'
import type { StoredEntry, TillStore } from './store.ts'

/** One disk of a till, to be tried out. */
export type TriedDisk = {
  /** As a process that starts. The one before has closed its store. */
  open(): TillStore
  /** The power goes while `open` holds it, and comes back: the store of a new process on what is left. */
  powerCut(open: TillStore): TillStore
  dispose(): void
}

const entry = (epoch: number, n: number, text = `entry ${epoch}/${n}`): StoredEntry => ({ epoch, n, bytes: utf8(text), hash: new Uint8Array(32).fill(n) })

type ByWallet = Extract<PaymentRecord, { profile: 'show' | 'bound' }>

/** A captured payment of 1000, unless told otherwise, whose last entry is `epoch/n`. */
const payment = (n: number, more: Partial<ByWallet> = {}): ByWallet => ({
  id: `0198c0de-0000-7000-8000-${String(n).padStart(12, '0')}`,
  saleId: '0198c0de-0000-7000-8000-00000000aaaa',
  state: 'CAPTURED',
  capturedMinor: 1000,
  refundedMinor: 0,
  amountMinor: 1000,
  currency: 'EUR',
  wallet: 'w',
  profile: 'show',
  limits: { perPaymentLimitMinor: 1, totalLimitMinor: 1 },
  intendedAt: 1000 + n,
  intended: { epoch: 1, n },
  held: false,
  last: { epoch: 1, n },
  receiptNumber: `R-${n}`,
  capturedAt: 1000 + n,
  ...more,
})
/** Without a receipt: not captured. */
const uncaptured = (n: number, state: PaymentRecord['state'], more: Partial<ByWallet> = {}): PaymentRecord => {
  const { receiptNumber: _, capturedAt: __, ...rest } = payment(n, { state, capturedMinor: 0, ...more })
  return rest
}
const plain = (entries: readonly StoredEntry[]) => entries.map(({ epoch, n, bytes, hash }) => ({ epoch, n, bytes: hex(bytes), hash: hex(hash) }))
const START = { epoch: 1, n: 0 }
const everything = (store: TillStore): { entries: StoredEntry[]; records: Map<string, string> } => {
  const entries: StoredEntry[] = []
  for (;;) {
    const last = entries.at(-1) ?? START
    const page = store.readAfter(last, 50, 3)
    if (page.length === 0) return { entries, records: store.records('') }
    entries.push(...page)
  }
}

/** What `store.ts` promises, held against one body of it. */
export function holdsTillStore(body: string, make: () => TriedDisk): void {
  describe(`TillStore on ${body}`, () => {
    let disk: TriedDisk
    let store: TillStore
    beforeEach(() => {
      disk = make()
      store = disk.open()
    })
    afterEach(() => {
      store.close()
      disk.dispose()
    })

    test('is empty at first', () => {
      expect(store.head()).toBeUndefined()
      expect(store.readAfter(START, 1000, 10)).toEqual([])
      expect(store.records('')).toEqual(new Map())
    })

    test('keeps the exact bytes and hashes, and tells the newest place', () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      const hash = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
      store.commit({ entries: [{ epoch: 1, n: 1, bytes, hash }] })
      expect(plain(store.readAfter(START, 1000, 10))).toEqual([{ epoch: 1, n: 1, bytes: hex(bytes), hash: hex(hash) }])
      const head = store.head()
      expect({ ...head, hash: hex(head?.hash ?? new Uint8Array(0)) }).toEqual({ epoch: 1, n: 1, hash: hex(hash) })
    })

    test('the head is the last entry of the last epoch', () => {
      store.commit({ entries: [entry(1, 1), entry(1, 2), entry(1, 10)] })
      expect(store.head()).toMatchObject({ epoch: 1, n: 10 })
      store.commit({ entries: [entry(2, 1)] })
      expect(store.head()).toMatchObject({ epoch: 2, n: 1 })
    })

    test('reads in order, as many as were asked for', () => {
      for (let n = 1; n <= 12; n++) store.commit({ entries: [entry(1, n)] })
      expect(store.readAfter(START, 10_000, 100).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      expect(store.readAfter({ epoch: 1, n: 8 }, 10_000, 2).map(({ n }) => n)).toEqual([9, 10])
      expect(store.readAfter({ epoch: 1, n: 12 }, 10_000, 2)).toEqual([])
    })

    test('stops before the entry that would exceed the bytes, but never before the first', () => {
      store.commit({ entries: [entry(1, 1, 'x'.repeat(100)), entry(1, 2, 'x'.repeat(50)), entry(1, 3, 'x'.repeat(50)), entry(1, 4, 'x')] })
      expect(store.readAfter(START, 1, 10).map(({ n }) => n)).toEqual([1])
      expect(store.readAfter(START, 200, 10).map(({ n }) => n)).toEqual([1, 2, 3])
      expect(store.readAfter(START, 199, 10).map(({ n }) => n)).toEqual([1, 2])
      const bytes = store.readAfter(START, 10_000, 100).map((entry) => hex(entry.bytes))
      expect(store.bytesAfter(START, 1, 10).map(hex)).toEqual(bytes.slice(0, 1))
      expect(store.bytesAfter(START, 200, 10).map(hex)).toEqual(bytes.slice(0, 3))
      expect(store.bytesAfter(START, 199, 10).map(hex)).toEqual(bytes.slice(0, 2))
      expect(store.bytesAfter({ epoch: 1, n: 1 }, 10_000, 2).map(hex)).toEqual(bytes.slice(1, 3))
      expect(store.bytesAfter({ epoch: 2, n: 0 }, 10_000, 2)).toEqual([])
    })

    test('gives back the bytes as they are, also of what is no entry any more', () => {
      const odd = [utf8('{"a":"é可乐"}'), utf8('a\u001eb'), Uint8Array.of(0xff, 0x1e, 0), utf8('end')]
      store.commit({ entries: odd.map((bytes, index) => ({ ...entry(1, index + 1), bytes })) })
      expect(store.bytesAfter(START, 10_000, 10).map(hex)).toEqual(odd.map(hex))
      expect(store.bytesAfter({ epoch: 1, n: 3 }, 10_000, 10).map(hex)).toEqual([hex(utf8('end'))])
    })

    test('never reads across two epochs, and goes on with the next at the end of one', () => {
      store.commit({ entries: [entry(1, 1), entry(1, 2)] })
      store.commit({ entries: [entry(2, 1), entry(2, 2)] })
      const places = (n: number, epoch = 1) => store.readAfter({ epoch, n }, 10_000, 10).map((found) => [found.epoch, found.n])
      expect(places(0)).toEqual([
        [1, 1],
        [1, 2],
      ])
      expect(places(1)).toEqual([[1, 2]])
      expect(places(2)).toEqual([
        [2, 1],
        [2, 2],
      ])
      expect(places(2, 2)).toEqual([])
    })

    test('finds records by the start of their name, taken literally', () => {
      store.commit({ put: { 'a/1': 'one', 'a/2': 'two', 'a%': 'percent', a_b: 'underscore', b: 'other', 'a/ü': 'umlaut', 'a/\u{1f600}': 'smile' } })
      expect(store.records('a/')).toEqual(
        new Map([
          ['a/1', 'one'],
          ['a/2', 'two'],
          ['a/ü', 'umlaut'],
          ['a/\u{1f600}', 'smile'],
        ]),
      )
      expect(store.records('a%')).toEqual(new Map([['a%', 'percent']]))
      expect(store.records('a_')).toEqual(new Map([['a_b', 'underscore']]))
      expect(store.records('').size).toBe(7)
      expect(store.records('c')).toEqual(new Map())
    })

    test('goes through all records in the order of their names', () => {
      store.commit({ put: { b: '2', a: '1', 'a/b': '3', c: '4' } })
      expect([...store.recordsAfter('', 3)]).toEqual([
        ['a', '1'],
        ['a/b', '3'],
        ['b', '2'],
      ])
      expect([...store.recordsAfter('b', 3)]).toEqual([['c', '4']])
      expect([...store.recordsAfter('c', 3)]).toEqual([])
    })

    test('changes and removes records', () => {
      store.commit({ put: { a: '1', b: '2' } })
      store.commit({ put: { a: '3' }, remove: ['b', 'never there'] })
      expect(store.records('')).toEqual(new Map([['a', '3']]))
    })

    test('a change that cannot be stored as a whole is not stored at all', () => {
      store.commit({ entries: [entry(1, 1)], put: { kept: 'yes', removed: 'not yet' } })
      expect(() => store.commit({ entries: [entry(1, 2), entry(1, 1, 'another')], put: { kept: 'no', new: 'no' }, remove: ['removed'] })).toThrow()
      expect(plain(store.readAfter(START, 10_000, 10))).toEqual(plain([entry(1, 1)]))
      expect(store.records('')).toEqual(
        new Map([
          ['kept', 'yes'],
          ['removed', 'not yet'],
        ]),
      )
      store.commit({ entries: [entry(1, 2)], put: { kept: 'changed' } })
      expect(store.head()).toMatchObject({ n: 2 })
    })

    test('what was committed is there after a stop and after a power cut', () => {
      store.commit({ entries: [entry(1, 1)], put: { a: '1' } })
      store.close()
      store = disk.open()
      expect(everything(store).records).toEqual(new Map([['a', '1']]))
      store.commit({ entries: [entry(1, 2), entry(1, 3)], put: { b: '2' }, remove: ['a'] })
      store = disk.powerCut(store)
      expect(plain(everything(store).entries)).toEqual(plain([entry(1, 1), entry(1, 2), entry(1, 3)]))
      expect(everything(store).records).toEqual(new Map([['b', '2']]))
      store.commit({ entries: [entry(1, 4)] })
      expect(store.head()).toMatchObject({ n: 4 })
    })

    test('finds payments by id and by receipt, and replaces them', () => {
      store.commit({
        payments: [payment(1), payment(2, { last: { epoch: 2, n: 1 } }), uncaptured(3, 'DECLINED'), uncaptured(4, 'INTENDED'), uncaptured(5, 'UNKNOWN')],
      })
      expect(store.payments.get(payment(1).id)).toEqual(payment(1))
      expect(store.payments.get('0198c0de-0000-7000-8000-999999999999')).toBeUndefined()
      expect(store.payments.byReceipt('R-1')).toEqual(payment(1))
      expect(store.payments.byReceipt('R-3')).toBeUndefined()
      expect(store.payments.onReceipt('R-1')).toEqual([payment(1)])
      expect(store.payments.sold(10).map(({ id }) => id)).toEqual([payment(2).id, payment(1).id])
      expect(store.payments.sold(1).map(({ id }) => id)).toEqual([payment(2).id])
      expect(store.payments.open()).toEqual([uncaptured(4, 'INTENDED'), uncaptured(5, 'UNKNOWN')])
      store.commit({ payments: [payment(1, { state: 'REFUNDED', refundedMinor: 1000 }), uncaptured(4, 'VOIDED')] })
      expect(store.payments.byReceipt('R-1')).toMatchObject({ state: 'REFUNDED', refundedMinor: 1000 })
      expect(store.payments.open().map(({ id }) => id)).toEqual([payment(5).id])
    })

    test('reads payments between two places in order', () => {
      const at = (n: number, place: Place) => payment(n, { last: place })
      store.commit({
        payments: [at(3, { epoch: 2, n: 1 }), at(2, { epoch: 1, n: 9 }), at(1, { epoch: 1, n: 4 }), uncaptured(4, 'DECLINED', { last: { epoch: 2, n: 2 } })],
      })
      const ids = (from: Place, to: Place) => store.payments.between(from, to).map(({ last }) => `${last.epoch}/${last.n}`)
      expect(ids({ epoch: 1, n: 4 }, { epoch: 2, n: 2 })).toEqual(['1/9', '2/1', '2/2'])
      expect(ids({ epoch: 1, n: 0 }, { epoch: 2, n: 0 })).toEqual(['1/4', '1/9'])
      expect(ids({ epoch: 1, n: 9 }, { epoch: 1, n: 9 })).toEqual([])
    })

    test('payments are stored with the rest of their change, or not at all', () => {
      store.commit({ entries: [entry(1, 1)], payments: [payment(1)] })
      expect(() => store.commit({ entries: [entry(1, 1, 'another')], payments: [payment(1, { refundedMinor: 500 }), payment(2)] })).toThrow()
      expect(store.payments.get(payment(1).id)).toEqual(payment(1))
      expect(store.payments.get(payment(2).id)).toBeUndefined()
      store = disk.powerCut(store)
      expect(store.payments.get(payment(1).id)).toEqual(payment(1))
    })

    const record = fc
      .record({
        n: fc.integer({ min: 1, max: 12 }),
        state: fc.constantFrom('INTENDED' as const, 'UNKNOWN' as const, 'CAPTURED' as const, 'REFUNDED' as const, 'VOIDED' as const, 'DECLINED' as const),
        held: fc.boolean(),
        wallet: fc.constantFrom('v', 'w'),
        epoch: fc.integer({ min: 1, max: 2 }),
        refundedMinor: fc.integer({ min: 0, max: 1000 }),
      })
      .map(({ n, epoch, ...more }) => payment(n, { ...more, last: { epoch, n } }))
    const place = fc.record({ epoch: fc.integer({ min: 1, max: 2 }), n: fc.integer({ min: 0, max: 12 }) })

    test('adds payments up between two places as a loop over all of them would', () => {
      fc.assert(
        fc.property(fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 5 }), place, fc.option(place, { nil: undefined }), (changes, after, upTo) => {
          const fresh = make()
          const tried = fresh.open()
          const all = new Map<string, PaymentRecord>()
          for (const payments of changes) {
            tried.commit({ payments })
            for (const changed of payments) all.set(changed.id, changed)
          }
          const inside = [...all.values()].filter(({ last }) => compare(last, after) > 0 && (upTo === undefined || compare(last, upTo) <= 0))
          const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
          const risks = new Map<string, { minor: number; payments: number }>()
          for (const found of inside.filter((found) => !isOpen(found) && riskOf(found) > 0)) {
            const { minor, payments } = risks.get(found.wallet) ?? { minor: 0, payments: 0 }
            risks.set(found.wallet, { minor: minor + riskOf(found), payments: payments + 1 })
          }
          const kept = inside.map(keptOf).filter((minor) => minor > 0)
          expect(tried.payments.riskAfter(after, upTo)).toEqual(risks)
          expect(tried.payments.waitingAfter(after, upTo)).toEqual({ payments: kept.length, amountMinor: sum(kept) })
          const first = [...all.values()].filter(({ last }) => compare(last, after) > 0).toSorted((a, b) => compare(a.last, b.last))[0]
          expect(tried.payments.oldestAfter(after)).toBe(first?.intendedAt)
          tried.close()
          fresh.dispose()
        }),
        { numRuns: 60 },
      )
    })

    test('tells how much room there is', () => {
      expect(store.roomBytes()).toBeGreaterThan(1024 * 1024)
    })

    const name = fc.constantFrom('a', 'a/1', 'a/2', 'b')
    const act = fc.oneof(
      fc.record({
        type: fc.constant('commit' as const),
        entries: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 4 }),
        put: fc.dictionary(name, fc.string({ unit: anyCharacter, maxLength: 20 })),
        remove: fc.array(name, { maxLength: 2 }),
      }),
      fc.record({ type: fc.constantFrom('newEpoch' as const, 'reopen' as const, 'powerCut' as const, 'rest' as const) }),
    )

    test('does what a list and a map would do', { timeout: 30_000 }, () => {
      fc.assert(
        fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
          const fresh = make()
          let tried = fresh.open()
          const entries: StoredEntry[] = []
          const records = new Map<string, string>()
          let place = START
          for (const next of acts) {
            if (next.type === 'commit') {
              const added = next.entries.map((bytes, i): StoredEntry => ({ epoch: place.epoch, n: place.n + i + 1, bytes, hash: new Uint8Array(32).fill(i) }))
              const remove = next.remove.filter((removed) => !Object.hasOwn(next.put, removed))
              tried.commit({ entries: added, put: next.put, remove })
              place = { epoch: place.epoch, n: place.n + added.length }
              entries.push(...added)
              for (const [put, value] of Object.entries(next.put)) records.set(put, value)
              for (const removed of remove) records.delete(removed)
            } else if (next.type === 'rest') tried.rest()
            else if (next.type === 'powerCut') tried = fresh.powerCut(tried)
            else if (next.type === 'reopen') {
              tried.close()
              tried = fresh.open()
            } else if (place.n > 0) place = { epoch: place.epoch + 1, n: 0 }
          }
          const found = everything(tried)
          tried.close()
          fresh.dispose()
          expect(plain(found.entries)).toEqual(plain(entries))
          expect(found.records).toEqual(records)
        }),
        { numRuns: 40 },
      )
    })
  })
}
