import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyTransfer, openAccount, type Account, type Transfer } from '../ledger/ledger.ts'
import { hex } from '#protocol/bytes.ts'
import { encodeBatch } from '#protocol/hub/messages.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { codeKey, type Exception, type Head, type HubStore, type Payment, type Segment, type Till, type Wallet } from './hub-store.ts'

const MEBIBYTE = 1024 * 1024

/** A body under test, and the same data after a stop. */
export type StoreUnderTest = { open(): HubStore; clean(): void }

export const testId = (n: number): Id => makeId(1_700_000_000_000 + n, new Uint8Array(10).fill(n))
const till = testId(1)
const signer = signerFromSeed(new Uint8Array(32).fill(1))
/** Buffers and arrays of the same bytes are equal. */
const plain = (segment: Segment | undefined) => (segment === undefined ? undefined : { ...segment, head: hex(segment.head), bytes: hex(segment.bytes) })
const bytes = (n: number, length = 32) => new Uint8Array(length).fill(n)

const tillRow = (over: Partial<Till> = {}): Till => ({
  id: till,
  version: 0,
  name: 'Till 1',
  registeredAt: 1,
  codeHash: 'abc',
  codeExpiresAt: 2,
  publicKey: undefined,
  passwordHash: undefined,
  enrolledAt: undefined,
  revokedAt: undefined,
  ...over,
})
/** Custody of `count` entries whose bytes are one number each, from a batch that begins with `known` older ones. */
const segmentRow = (seq: number, { count = 1, known = 0, ...over }: Partial<Segment> = {}): Segment => {
  const { epoch = 1, n = seq } = over
  const entries = Array.from({ length: known + count }, (_, index) => bytes(n - known + index, 5))
  const batch = encodeBatch(signer, { till: over.till ?? till, epoch, from: n - known, previous: GENESIS, lastAck: bytes(0, 0), waiting: 0, entries })
  const head = entries.reduce((hash, entry) => chainHash(nodeCrypto, hash, entry), GENESIS)
  return { seq, count, known, till, epoch, n, head, receivedAt: 10 + seq, floorAt: undefined, signed: true, bytes: batch, ...over }
}
const headRow = (over: Partial<Head> = {}): Head => ({
  id: till,
  version: 0,
  epoch: 1,
  n: 1,
  hash: bytes(1),
  seq: 1,
  receivedAt: 11,
  floorAt: undefined,
  acks: [],
  ...over,
})
export const paymentRow = (id: Id, over: Partial<Payment> = {}): Payment => ({
  id,
  version: 0,
  till,
  epoch: 1,
  n: 1,
  intended: hex(bytes(1)),
  at: 5,
  content: 'content',
  saleId: testId(90),
  amountMinor: 250,
  currency: 'EUR',
  wallet: 'w1',
  profile: 'show',
  state: 'INTENDED',
  decidedBy: undefined,
  verdict: 'held',
  decision: bytes(7, 3),
  funds: 'held',
  capturedMinor: 0,
  refundedMinor: 0,
  receiptNumber: undefined,
  settledAt: undefined,
  exception: undefined,
  unpaidSince: undefined,
  attempts: 0,
  nextAttemptAt: undefined,
  ...over,
})
const exceptionRow = (over: Partial<Exception> = {}): Exception => ({
  at: 1,
  till,
  epoch: 1,
  n: 1,
  code: 'entry.malformed',
  detail: undefined,
  paymentId: undefined,
  ...over,
})
const bank = openAccount({ id: 'bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
const purse = openAccount({ id: 'purse', label: 'Purse', currency: 'EUR', side: 'credit', rule: 'debits_must_not_exceed_credits' })
const shop = openAccount({ id: 'shop', label: 'Shop', currency: 'EUR', side: 'credit', rule: 'none' })
const wallet: Wallet = { id: 'w1', publicKey: 'aa', currency: 'EUR', account: 'purse', createdAt: 3 }

/** What every body of `HubStore` must do. */
export function storeConformance(name: string, make: () => StoreUnderTest): void {
  describe(name, () => {
    let body: StoreUnderTest
    let store: HubStore
    beforeEach(() => {
      body = make()
      store = body.open()
    })
    afterEach(async () => {
      await store.close()
      body.clean()
    })
    const reopen = async () => {
      await store.close()
      store = body.open()
    }
    const one = async <T extends Parameters<HubStore['get']>[0]>(table: T, id: string) => (await store.get(table, [id]))[0]

    it('starts with nothing', async () => {
      expect(await store.standing()).toEqual({ hubEpoch: 1, lastSeq: 0, settledSeq: 0 })
      expect(await store.entries(0, 10, MEBIBYTE)).toEqual([])
      expect(await store.get('payments', [testId(5)])).toEqual([])
      expect(await store.summary(0)).toEqual({ accounts: [], postings: [], holds: [], lastPosting: 0, exceptions: 0 })
    })

    it('keeps what was committed, absent values included, across a stop', async () => {
      const payment = paymentRow(testId(5))
      const changes = {
        tills: [tillRow()],
        heads: [headRow({ floorAt: 9, acks: [{ hash: 'ab', at: 9, epoch: 1, n: 1 }] })],
        segments: [segmentRow(1, { floorAt: 8 })],
        accounts: [bank, purse],
        wallets: [wallet],
        payments: [payment],
        codes: [{ id: codeKey('cc', 4), payment: payment.id }],
        links: [{ payment: payment.id, seq: 1 }],
        exceptions: [exceptionRow({ detail: 'why', paymentId: payment.id })],
        settled: { from: 0, to: 1 },
        hubEpoch: { from: 1, to: 2 },
      }
      expect(await store.commit(changes)).toBe('done')
      await reopen()
      expect(await store.standing()).toEqual({ hubEpoch: 2, lastSeq: 1, settledSeq: 1 })
      expect(await store.tills()).toEqual([tillRow({ version: 1 })])
      expect(await one('tills', till)).toEqual(tillRow({ version: 1 }))
      const head = await one('heads', till)
      expect({ ...head, hash: hex(head?.hash ?? bytes(0)) }).toEqual({
        ...headRow({ version: 1, floorAt: 9, acks: [{ hash: 'ab', at: 9, epoch: 1, n: 1 }] }),
        hash: hex(bytes(1)),
      })
      const [segment] = await store.segments(0, 1)
      expect(plain(segment)).toEqual(plain(segmentRow(1, { floorAt: 8 })))
      const read = await one('payments', payment.id)
      expect({ ...read, decision: hex(read?.decision ?? bytes(0)) }).toEqual({ ...payment, version: 1, decision: '070707' })
      expect(await one('wallets', 'w1')).toEqual(wallet)
      expect(await one('codes', 'cc/4')).toEqual({ id: 'cc/4', payment: payment.id })
      expect((await store.entriesOf(payment.id, 9)).map(({ seq }) => seq)).toEqual([1])
      expect(await store.newestExceptions(5)).toEqual([exceptionRow({ detail: 'why', paymentId: payment.id })])
      expect((await store.paymentsOf('w1', 5)).map(({ id }) => id)).toEqual([payment.id])
      expect((await store.newestPayments(5)).map(({ id }) => id)).toEqual([payment.id])
    })

    it('writes a version only over the one before it', async () => {
      await store.commit({ tills: [tillRow()] })
      const read = await one('tills', till)
      expect(read?.version).toBe(1)
      expect(await store.commit({ tills: [tillRow({ version: 1, name: 'first' })] })).toBe('done')
      expect(await store.commit({ tills: [tillRow({ version: 1, name: 'second' })] })).toBe('stale')
      expect(await store.commit({ tills: [tillRow({ version: 0, name: 'third' })] })).toBe('stale')
      expect(await one('tills', till)).toMatchObject({ version: 2, name: 'first' })
    })

    it('stores all of a commit or nothing of it', async () => {
      await store.commit({ segments: [segmentRow(1)], accounts: [bank], tills: [tillRow()] })
      const stale = [
        { settled: { from: 7, to: 8 } },
        { hubEpoch: { from: 7, to: 8 } },
        { accounts: [{ ...bank, version: 4 }] },
        { accounts: [bank] },
        { heads: [headRow({ version: 3 })] },
        { segments: [segmentRow(1, { n: 9 })] },
        { segments: [segmentRow(5)] },
      ]
      for (const change of stale) {
        const good = { payments: [paymentRow(testId(6))], exceptions: [exceptionRow()], transfers: [], wallets: [] }
        expect(await store.commit({ ...good, ...change })).toBe('stale')
        expect(await store.newestPayments(5)).toEqual([])
        expect(await store.newestExceptions(5)).toEqual([])
        expect(await store.standing()).toEqual({ hubEpoch: 1, lastSeq: 1, settledSeq: 0 })
      }
    })

    it('uses a code up for a payment that no till has spoken of yet', async () => {
      expect(await store.commit({ codes: [{ id: 'cc/9', payment: testId(99) }] })).toBe('done')
      expect(await one('codes', 'cc/9')).toEqual({ id: 'cc/9', payment: testId(99) })
    })

    it('never lets one code belong to two payments', async () => {
      const [first, second] = [testId(5), testId(6)]
      await store.commit({ payments: [paymentRow(first)], codes: [{ id: 'cc/4', payment: first }] })
      expect(await store.commit({ payments: [paymentRow(second)], codes: [{ id: 'cc/4', payment: second }] })).toBe('stale')
      expect(await store.get('payments', [second])).toEqual([])
      expect(await one('codes', 'cc/4')).toEqual({ id: 'cc/4', payment: first })
    })

    it('keeps the first exception of a place and code', async () => {
      await store.commit({ exceptions: [exceptionRow({ detail: 'first' })] })
      await store.commit({ exceptions: [exceptionRow({ detail: 'second', at: 9 }), exceptionRow({ code: 'entry.conflict' }), exceptionRow({ n: 2 })] })
      expect((await store.newestExceptions(9)).map(({ n, code, detail }) => [n, code, detail])).toEqual([
        [2, 'entry.malformed', undefined],
        [1, 'entry.conflict', undefined],
        [1, 'entry.malformed', 'first'],
      ])
      await store.commit({ exceptions: [exceptionRow({ epoch: 2 }), exceptionRow({ till: testId(2) })] })
      expect((await store.exceptionsOf(till, 1, 9)).map(({ n }) => n)).toEqual([2, 1, 1])
      expect((await store.exceptionsOf(till, 1, 1)).map(({ n }) => n)).toEqual([2])
    })

    it('reads entries out of segments, in the order of the hub and hashes in the order of the till', async () => {
      const other = testId(2)
      const first = segmentRow(1, { count: 3, floorAt: 7 })
      await store.commit({ segments: [first, segmentRow(4, { till: other, n: 1 })] })
      await store.commit({ segments: [segmentRow(5, { n: 4, count: 2, known: 2 }), segmentRow(7, { epoch: 2, n: 1 })] })
      expect(await store.standing()).toMatchObject({ lastSeq: 7 })
      const seen = (await store.entries(1, 4, MEBIBYTE)).map((entry) => [entry.seq, entry.till === other ? 'other' : entry.n, entry.bytes[0], entry.floorAt])
      expect(seen).toEqual([
        [2, 2, 2, 7],
        [3, 3, 3, 7],
        [4, 'other', 1, undefined],
        [5, 4, 4, undefined],
      ])
      expect((await store.entries(6, 10, MEBIBYTE)).map(({ seq, epoch, n }) => [seq, epoch, n])).toEqual([[7, 2, 1]])
      expect(await store.entries(7, 10, MEBIBYTE)).toEqual([])
      const size = bytes(0, 5).length
      expect((await store.entries(0, 10, 4 * size)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
      expect((await store.entries(1, 10, size + 1)).map(({ seq }) => seq)).toEqual([2, 3])
      expect((await store.entries(1, 10, 0)).map(({ seq }) => seq)).toEqual([2])
      expect(hex((await store.entries(2, 1, MEBIBYTE))[0]?.hash ?? bytes(0))).toBe(hex(first.head))
      expect((await store.hashes(till, 1, 2, 9)).map(({ n }) => n)).toEqual([2, 3, 4, 5])
      expect((await store.hashes(till, 1, 5, 5)).map(({ n }) => n)).toEqual([5])
      expect(await store.hashes(till, 1, 6, 9)).toEqual([])
      expect(await store.hashes(till, 3, 1, 9)).toEqual([])
    })

    it('reads whole segments, as many as fit', async () => {
      await store.commit({ segments: [segmentRow(1, { count: 3 }), segmentRow(4), segmentRow(5, { count: 2 })] })
      expect((await store.segments(0, 1e6)).map(({ seq }) => seq)).toEqual([1, 4, 5])
      expect((await store.segments(0, 1)).map(({ seq }) => seq)).toEqual([1])
      expect((await store.segments(1, segmentRow(1, { count: 3 }).bytes.length + 1)).map(({ seq }) => seq)).toEqual([1, 4])
      expect((await store.segments(3, 1)).map(({ seq }) => seq)).toEqual([4])
      expect(await store.segments(6, 1e6)).toEqual([])
    })

    it('knows how far a till has come at a place in the hub’s order', async () => {
      const other = testId(2)
      await store.commit({ segments: [segmentRow(1, { count: 3 }), segmentRow(4, { till: other, n: 1 }), segmentRow(5, { n: 4, count: 2 })] })
      await store.commit({ segments: [segmentRow(7, { epoch: 2, n: 1 })] })
      expect(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 9].map((seq) => store.reached(till, 1, seq)))).toEqual([0, 1, 2, 3, 3, 4, 5, 5, 5])
      expect(await Promise.all([6, 7].map((seq) => store.reached(till, 2, seq)))).toEqual([0, 1])
    })

    it('knows what bounded the times of an epoch when the next one began', async () => {
      const other = testId(2)
      await store.commit({ segments: [segmentRow(1, { floorAt: 5 }), segmentRow(2, { till: other, epoch: 3, n: 1, floorAt: 9 })] })
      await store.commit({
        segments: [segmentRow(3, { epoch: 4, n: 1, floorAt: 7 }), segmentRow(4, { epoch: 4, n: 2, floorAt: 8 }), segmentRow(5, { epoch: 6, n: 1 })],
      })
      expect(await Promise.all([0, 1, 3, 4, 6].map((epoch) => store.floorAfter(till, epoch)))).toEqual([5, 7, 7, undefined, undefined])
    })

    it('keeps an entry from before batches were kept', async () => {
      const old = { ...segmentRow(1), signed: false, bytes: bytes(9, 5), head: bytes(3) }
      await store.commit({ segments: [old, segmentRow(2)] })
      await reopen()
      expect((await store.entries(0, 9, MEBIBYTE)).map(({ seq, bytes: [first], hash }) => [seq, first, hash.length])).toEqual([
        [1, 9, 32],
        [2, 2, 32],
      ])
      expect((await store.segments(0, 1))[0]?.signed).toBe(false)
    })

    it('keeps totals of 64 bits exactly, and adds them up', async () => {
      const rows = new Map<string, Account>([bank, purse, shop].map((account) => [account.id, account]))
      const transfers = new Map<string, Transfer>()
      const books = { account: (id: string) => rows.get(id), transfer: (id: string) => transfers.get(id) }
      const apply = async (request: Parameters<typeof applyTransfer>[1], at: number) => {
        const applied = applyTransfer(books, request, at)
        if (!applied.ok) throw new Error(applied.code)
        const changes = { accounts: applied.value.accounts, transfers: applied.value.transfers }
        expect(await store.commit(changes)).toBe('done')
        for (const account of await store.get('accounts', [...rows.keys()])) rows.set(account.id, account)
        for (const transfer of await store.get(
          'transfers',
          applied.value.transfers.map(({ id }) => id),
        ))
          transfers.set(transfer.id, transfer)
      }
      await store.commit({ accounts: [bank, purse, shop] })
      for (const account of await store.get('accounts', ['bank', 'purse', 'shop'])) rows.set(account.id, account)
      const big = 2n ** 62n + 1n
      await apply({ kind: 'single', id: 'fund', debit: 'bank', credit: 'purse', amount: big }, 1)
      await apply({ kind: 'pending', id: 'h1', debit: 'purse', credit: 'shop', amount: 7n, expiresAt: 20, payment: testId(5) }, 2)
      await apply({ kind: 'pending', id: 'h2', debit: 'purse', credit: 'shop', amount: 9n, expiresAt: 10, payment: testId(6) }, 3)
      expect((await store.dueHolds(9, 5)).map(({ id }) => id)).toEqual([])
      expect((await store.dueHolds(20, 5)).map(({ id }) => id)).toEqual(['h2', 'h1'])
      expect((await store.dueHolds(20, 1)).map(({ id, amount, expiresAt }) => [id, amount, expiresAt])).toEqual([['h2', 9n, 10]])
      const before = await store.summary(0)
      expect(before.holds).toEqual([{ currency: 'EUR', amount: 16n, count: 2 }])
      expect(before.postings).toEqual([{ currency: 'EUR', amount: big, payments: 0 }])
      await apply({ kind: 'post', id: 'p1', pendingId: 'h1' }, 4)
      expect(await one('transfers', 'h1')).toMatchObject({ kind: 'pending', status: 'posted', version: 2, amount: 7n })
      expect(await one('transfers', 'p1')).toMatchObject({ kind: 'post', pendingId: 'h1', payment: testId(5), status: undefined, at: 4 })
      const after = await store.summary(before.lastPosting)
      expect(after.postings).toEqual([{ currency: 'EUR', amount: 7n, payments: 1 }])
      expect(after.holds).toEqual([{ currency: 'EUR', amount: 9n, count: 1 }])
      expect(after.accounts).toEqual([{ currency: 'EUR', debitsPosted: big + 7n, creditsPosted: big + 7n, debitsPending: 9n, creditsPending: 9n }])
      expect((await store.dueHolds(20, 5)).map(({ id }) => id)).toEqual(['h2'])
    })

    it('lists accounts of the hub and of merchants before the newest wallets', async () => {
      const purse2 = { ...purse, id: 'purse2' }
      await store.commit({ accounts: [bank, purse, purse2, shop], wallets: [wallet, { ...wallet, id: 'w2', account: 'purse2' }] })
      expect((await store.accounts(9)).map(({ id }) => id)).toEqual(['bank', 'shop', 'purse2', 'purse'])
      expect((await store.accounts(3)).map(({ id }) => id)).toEqual(['bank', 'shop', 'purse2'])
    })

    it('knows the decisions whose end the till has not told', async () => {
      await store.commit({
        payments: [
          paymentRow(testId(5), { decision: bytes(1, 1) }),
          paymentRow(testId(6), { decision: bytes(2, 1), state: 'CAPTURED' }),
          paymentRow(testId(7), { decision: bytes(3, 1) }),
          paymentRow(testId(8), { decision: bytes(4, 1), till: testId(2) }),
        ],
      })
      expect((await store.openDecisions(till, 5)).map(([byte]) => byte)).toEqual([3, 1])
      expect((await store.openDecisions(till, 1)).map(([byte]) => byte)).toEqual([3])
    })
  })
}
