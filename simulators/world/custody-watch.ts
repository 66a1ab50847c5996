import { equalBytes, hex, unbase64url } from '#protocol/bytes.ts'
import { readBatch, type Ack } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { Segment } from '../../hub/store/hub-store.ts'
import type { Trace } from './trace.ts'

/** An entry in the hub's custody, as the world reads it: `said` is what it means, for a salvaged one the entry that it carries. */
export type Kept = {
  readonly seq: number
  readonly till: Id
  readonly epoch: number
  readonly n: number
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly said: Entry | undefined
}

const ZERO = new Uint8Array(32)

/** What custody has of one till. */
class KeptJournal {
  readonly epochs = new Map<number, Kept[]>()
  epoch = 0

  get last(): Kept | undefined {
    return this.epochs.get(this.epoch)?.at(-1)
  }
}

/**
 * A second reading of the hub's custody: every segment as it is stored, every entry in it, and what acknowledgements promise about them.
 * Invariants 4 and 8 on the hub's side.
 */
export class CustodyWatch {
  /** In the hub's order: `entries[seq - 1]`. */
  readonly entries: Kept[] = []
  /** Epochs that go on before the end of the one before. */
  readonly gaps: { readonly till: Id; readonly epoch: number }[] = []
  /** Hashes of all that the hub has ever lost with both of its places: a till may go on from such an entry, which nobody has any more. */
  readonly forgotten = new Set<string>()
  /** Tills whose keys count for nothing any more. */
  readonly revoked = new Set<Id>()
  readonly #journals = new Map<Id, KeptJournal>()
  /** Hashes of what the hub had when it last lost its disk alone: it is on its way back from the second place, unless that is lost meanwhile. */
  readonly #onItsWayBack = new Set<string>()
  readonly #trace: Trace
  readonly #took: (kept: Kept) => void

  constructor(trace: Trace, took: (kept: Kept) => void) {
    this.#trace = trace
    this.#took = took
  }

  /** `forgets`: there is no second place either. */
  clear(forgets: boolean): void {
    for (const { hash } of this.entries) this.#onItsWayBack.add(hex(hash))
    if (forgets) for (const hash of this.#onItsWayBack) this.forgotten.add(hash)
    this.entries.length = 0
    this.gaps.length = 0
    this.revoked.clear()
    this.#journals.clear()
  }

  takes(segment: Segment, isNew: boolean): void {
    const { till, epoch, n, seq, count } = segment
    const name = `${till} ${epoch}/${n}`
    if (isNew && this.revoked.has(till)) this.#trace.violation(11, `the hub took ${name} into custody, though the key of its till is revoked`)
    if (seq !== this.entries.length + 1) this.#trace.violation(4, `the hub stored ${seq} after ${this.entries.length}`)
    const fresh = this.#freshOf(segment)
    if (fresh.length !== count) this.#trace.violation(4, `the hub says that ${name} begins ${count} entries, and it brought ${fresh.length}`)
    for (const [index, bytes] of fresh.entries()) this.#append(till, epoch, n + index, bytes)
    if (!equalBytes(this.entries.at(-1)?.hash ?? ZERO, segment.head)) this.#trace.violation(4, `the hub’s head after ${name} does not follow`)
  }

  at({ till, epoch, n }: { readonly till: Id; readonly epoch: number; readonly n: number }): Kept | undefined {
    return this.#journals.get(till)?.epochs.get(epoch)?.[n - 1]
  }

  lastOf(till: Id): Kept | undefined {
    return this.#journals.get(till)?.last
  }

  /** An acknowledgement may promise only what is there: the entries, and their copy. */
  promises({ till, epoch, received, safe }: Ack, copied: number): void {
    const last = this.at({ till, epoch, n: received.n })
    if (received.n > 0 && (last === undefined || hex(last.hash) !== received.head))
      this.#trace.violation(8, `the hub acknowledged ${till} ${epoch}/${received.n}, which it does not have`)
    const safeEntry = this.at({ till, epoch, n: safe })
    if (safe > 0 && (safeEntry === undefined || safeEntry.seq > copied))
      this.#trace.violation(8, `the hub called ${till} ${epoch}/${safe} safe, which has no second copy`)
  }

  #freshOf({ till, seq, epoch, n, known, signed, bytes }: Segment): readonly Uint8Array[] {
    if (!signed) return [bytes]
    const read = readBatch(bytes)
    if (!read.ok || read.value.batch.till !== till || read.value.batch.epoch !== epoch || read.value.batch.from + known !== n) {
      this.#trace.violation(4, `segment ${seq} is not the batch that it says`)
      return []
    }
    return read.value.batch.entries.slice(known)
  }

  #append(till: Id, epoch: number, n: number, bytes: Uint8Array): void {
    const journal = this.#journals.get(till) ?? new KeptJournal()
    this.#journals.set(till, journal)
    const { last } = journal
    const begins = epoch > journal.epoch
    if (n !== (begins ? 1 : (last?.n ?? 0) + 1) || epoch < journal.epoch)
      this.#trace.violation(4, `the hub stored ${till} ${epoch}/${n} after ${last?.epoch ?? 0}/${last?.n ?? 0}`)
    const hash = nodeCrypto.sha256(Buffer.concat([begins ? ZERO : (last?.hash ?? ZERO), bytes]))
    const kept: Kept = { seq: this.entries.length + 1, till, epoch, n, bytes, hash, said: meaningOf(till, epoch, n, bytes) }
    if (begins) this.#begins(kept, last)
    this.entries.push(kept)
    journal.epoch = epoch
    const list = journal.epochs.get(epoch)
    if (list === undefined) journal.epochs.set(epoch, [kept])
    else list.push(kept)
    this.#took(kept)
  }

  /** A new epoch says where it goes on, and the hub has that place. What it leaves out, the hub has to tell people (`gaps`). */
  #begins({ till, epoch, said }: Kept, before: Kept | undefined): void {
    if (said?.kind !== 'epoch.opened') return this.#trace.violation(4, `epoch ${epoch} of ${till} does not begin with its opening`)
    const { previous } = said.body
    if (before === undefined && previous === undefined) return
    const named = previous === undefined ? undefined : this.at({ till, epoch: previous.epoch, n: previous.n })
    const isThere = named !== undefined && hex(named.hash) === previous?.head
    if (!isThere && !this.forgotten.has(previous?.head ?? '')) return this.#trace.violation(4, `epoch ${epoch} of ${till} goes on where the hub has nothing`)
    if (named !== before) this.gaps.push({ till, epoch })
  }
}

/** Bytes of a rogue till may be anything. What was salvaged twice is what the innermost entry says. */
export function meaningOf(till: Id, epoch: number, n: number, bytes: Uint8Array): Entry | undefined {
  const entry = decodeEntry(bytes, { till, epoch, n })
  if (!entry.ok) return undefined
  if (entry.value.kind !== 'entry.salvaged') return entry.value
  const { body } = entry.value
  return body.epoch < epoch ? meaningOf(till, body.epoch, body.n, unbase64url(body.bytes) ?? new Uint8Array(0)) : undefined
}
