import type { Head } from '../../terminal/core/journal.ts'
import { compare, type Place } from '../../terminal/core/outbox.ts'
import { isOpen, keptOf, riskOf, type PaymentRecord } from '../../terminal/core/payments.ts'
import { StoreError, type Change, type Durability, type PaymentRows, type Risk, type StoredEntry, type TillStore } from '../../terminal/core/store.ts'
import type { Random } from './random.ts'

/** The machine loses its power here and now. It passes through the till like no other error: nobody catches it but the world. */
export class PowerCut extends Error {
  constructor(where: string) {
    super(`power cut: ${where}`)
    this.name = 'PowerCut'
  }
}

/** Nothing in it is ever changed in place, so a snapshot is the content itself. */
type Content = {
  readonly entries: readonly StoredEntry[]
  readonly records: ReadonlyMap<string, string>
  readonly payments: ReadonlyMap<string, PaymentRecord>
}

const EMPTY: Content = { entries: [], records: new Map(), payments: new Map() }

/** `before`: the commit never happens. `after`: it is on the disk, but nobody hears of it any more. */
export type CrashPoint = 'before' | 'after'

/**
 * A till's disk, in memory, that outlives its till. A commit is durable once it has returned; `durable = false` makes it a disk that lies,
 * whose commits sit in a cache that a power cut empties in part (for tests that must notice).
 */
export class Disk {
  /** What survives a power cut. */
  #durable: Content = EMPTY
  /** What the till reads: the same, unless the disk lies. */
  #visible: Content = EMPTY
  #cached: Change[] = []
  #crash: { readonly commits: number; readonly point: CrashPoint } | undefined
  #opened = 0

  durable = true
  full = false
  /** What the till is told that the disk can still take, in bytes, unless it is full. */
  room = 1e12
  /** Told of every change as it becomes durable. */
  onDurable: (change: Change) => void = () => {}

  get entries(): readonly StoredEntry[] {
    return this.#durable.entries
  }

  get records(): ReadonlyMap<string, string> {
    return this.#durable.records
  }

  /** The power goes at the `commits`-th commit from now, counted from 1. */
  crashAt(commits: number, point: CrashPoint): void {
    this.#crash = { commits, point }
  }

  calm(): void {
    this.#crash = undefined
    this.full = false
  }

  /** What is left when the power is gone. Of a disk that lies, some of the newest commits are lost: those before them were written back in order. */
  loseCache(random: Random): void {
    for (const change of this.#cached.slice(0, random.between(0, this.#cached.length))) this.#write(change)
    this.#cached = []
    this.#visible = this.#durable
  }

  snapshot(): Content {
    return this.#durable
  }

  /** Somebody puts an old copy in its place. */
  restore(content: Content): void {
    this.#durable = content
    this.#visible = content
    this.#cached = []
  }

  /** A bit of one of the newest entries turns over, in the world's way: what is read from now on is not what was written. Answers it as it was. */
  corrupt(random: Random): StoredEntry | undefined {
    const { entries } = this.#durable
    const at = Math.max(1, entries.length - random.between(1, 30))
    const entry = entries[at]
    if (entry === undefined) return undefined
    const bytes = Uint8Array.from(entry.bytes)
    const bit = random.between(0, bytes.length - 1)
    bytes[bit] = (bytes[bit] ?? 0) ^ 1
    this.restore({ ...this.#durable, entries: entries.with(at, { ...entry, bytes }) })
    return entry
  }

  /** A process opens it. A handle that was opened before is dead: its process is. With durability off, what is committed is only in a cache for now. */
  open(durability: Durability = 'FULL'): TillStore {
    this.durable = durability === 'FULL'
    const mine = ++this.#opened
    const content = (): Content => {
      if (mine !== this.#opened) throw new Error('a process that is gone uses its disk')
      return this.#visible
    }
    return {
      commit: (change) => {
        content()
        this.#commit(change)
      },
      head: () => newest(content()),
      readAfter: (place, maxBytes, maxCount) => readAfter(content().entries, place, maxBytes, maxCount),
      bytesAfter: (place, maxBytes, maxCount) => {
        const found = readAfter(content().entries, place, maxBytes, maxCount)
        return found[0]?.epoch === place.epoch ? found.map(({ bytes }) => bytes) : []
      },
      records: (prefix) => new Map([...content().records].filter(([name]) => name.startsWith(prefix))),
      recordsAfter: (name, limit) => {
        const following = [...content().records].filter(([each]) => each > name)
        return new Map(following.toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit))
      },
      payments: paymentRows(() => content().payments),
      roomBytes: () => (content(), this.full ? 0 : this.room),
      rest: () => void content(),
      close: () => {
        this.#opened += 1
      },
    }
  }

  #commit(change: Change): void {
    if (this.full) throw new StoreError('till.disk_full', 'no space left')
    const next = changed(this.#visible, change)
    const crash = this.#crashHere()
    if (crash === 'before') throw new PowerCut('before a commit')
    if (this.durable) this.#write(change)
    else this.#cached.push(change)
    this.#visible = this.durable ? this.#durable : next
    if (crash === 'after') throw new PowerCut('after a commit')
  }

  #crashHere(): CrashPoint | undefined {
    if (this.#crash === undefined) return undefined
    const { commits, point } = this.#crash
    this.#crash = commits > 1 ? { commits: commits - 1, point } : undefined
    return commits > 1 ? undefined : point
  }

  #write(change: Change): void {
    this.#durable = changed(this.#durable, change)
    this.onDurable(change)
  }
}

type At = { readonly epoch: number; readonly n: number }
const isAfter = (entry: At, place: At): boolean => entry.epoch > place.epoch || (entry.epoch === place.epoch && entry.n > place.n)

/** The content after a change. An entry whose place is taken is a bug of the caller: it throws, and nothing has changed. */
function changed(content: Content, { entries = [], payments = [], put = {}, remove = [] }: Change): Content {
  const all = [...content.entries]
  for (const entry of entries) {
    const at = firstAfter(all, entry)
    const before = all[at - 1]
    if (before !== undefined && !isAfter(entry, before)) throw new Error(`there is an entry ${entry.epoch}/${entry.n} already`)
    all.splice(at, 0, entry)
  }
  const records = new Map(content.records)
  for (const [name, value] of Object.entries(put)) records.set(name, value)
  for (const name of remove) records.delete(name)
  const paid = payments.length === 0 ? content.payments : new Map([...content.payments, ...payments.map((payment) => [payment.id, payment] as const)])
  return { entries: entries.length === 0 ? content.entries : all, records, payments: paid }
}

function paymentRows(content: () => ReadonlyMap<string, PaymentRecord>): PaymentRows {
  const inOrder = () => [...content().values()].toSorted((a, b) => compare(a.last, b.last))
  const after = (place: Place, upTo?: Place) => inOrder().filter(({ last }) => compare(last, place) > 0 && (upTo === undefined || compare(last, upTo) <= 0))
  const onReceipt = (number: string) =>
    [...content().values()].filter(({ receiptNumber }) => receiptNumber === number).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    get: (id) => content().get(id),
    byReceipt: (number) => onReceipt(number)[0],
    onReceipt,
    sold: (limit) =>
      inOrder()
        .filter(({ receiptNumber }) => receiptNumber !== undefined)
        .toReversed()
        .slice(0, limit),
    between: after,
    open: () => inOrder().filter(isOpen),
    riskAfter: (place, upTo) => {
      const sums = new Map<string, Risk>()
      for (const record of after(place, upTo)) {
        const minor = isOpen(record) ? 0 : riskOf(record)
        const before = sums.get(record.wallet) ?? { minor: 0, payments: 0 }
        if (minor > 0) sums.set(record.wallet, { minor: before.minor + minor, payments: before.payments + 1 })
      }
      return sums
    },
    waitingAfter: (place, upTo) => {
      const kept = after(place, upTo).map(keptOf)
      return { payments: kept.filter((minor) => minor > 0).length, amountMinor: kept.reduce((sum, minor) => sum + minor, 0) }
    },
    oldestAfter: (place) => after(place)[0]?.intendedAt,
  }
}

/** Index of the first entry after a place, by bisection: entries are in order. */
function firstAfter(entries: readonly StoredEntry[], place: At): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry !== undefined && isAfter(entry, place)) high = middle
    else low = middle + 1
  }
  return low
}

function readAfter(entries: readonly StoredEntry[], place: At, maxBytes: number, maxCount: number): StoredEntry[] {
  const taken: StoredEntry[] = []
  let bytes = 0
  for (let at = firstAfter(entries, place); taken.length < maxCount; at++) {
    const entry = entries[at]
    if (entry === undefined || entry.epoch !== (taken[0] ?? entry).epoch) break
    bytes += entry.bytes.length
    if (taken.length > 0 && bytes > maxBytes) break
    taken.push(entry)
  }
  return taken
}

function newest({ entries }: Content): Head | undefined {
  const last = entries.at(-1)
  return last === undefined ? undefined : { epoch: last.epoch, n: last.n, hash: last.hash }
}
