import { pump } from './pump.ts'
import { checkChain, type Checked } from './chain-check.ts'
import type { EntryCopy } from './copy.ts'
import type { Changes, Exception, Head, HubStore, Standing, StoredEntry, Till } from '../store/hub-store.ts'
import { equalBytes, hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { encodeSigned, readBatch, verifyBatch, type Batch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { invariant, unreachable } from '#protocol/outcome.ts'
import { MINUTE, type Clock } from '#protocol/time.ts'

/**
 * Custody: entries become the hub's to keep. A batch is believed when its till signed it and it continues that till's chain; then its entries
 * are stored as the exact bytes they are, whatever they say. One commit and one write to the second copy serve all batches that are waiting,
 * and one signed acknowledgement answers each till. What entries mean is settled elsewhere, later.
 */
export type CustodyPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly copy: EntryCopy
  ackSigner(): Signer
  sendAck(till: Id, ack: Uint8Array): void
  /** New entries are in the store. */
  stored(): void
  /** This till said again what is known: it may have missed an answer. */
  repeated(till: Id): void
  warn(line: string): void
}

export interface Custody {
  /** Takes a message as it came, under the till whose topic it came on. Drops it when too many wait: the till will send it again. */
  offer(till: Id, message: Uint8Array): void
  /** Up to which n of its epoch a till that stands there may forget. */
  safeOf(head: Head | undefined): number
  /** Settling has decided what this till's entries mean, up to this one: the till's next acknowledgement says so. */
  settled(last: Pick<StoredEntry, 'till' | 'epoch' | 'n'>): void
  idle(): Promise<void>
  stop(): Promise<void>
}

const MAX_WAITING_BATCHES = 1024
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** Of one till, so that one that sends without end keeps no other from being heard. */
const MAX_WAITING_OF_TILL = 8
const WARN_OF_DROPS_EVERY = 1 * MINUTE
/** In one commit. */
const MAX_GROUP_BATCHES = 256
const MAX_GROUP_BYTES = 8 * 1024 * 1024
/** More than this many tills at the same head means a bug, not bad luck. */
const MAX_STALE_COMMITS = 20
/** Of `ackSchema`. */
const MAX_ACK_EXCEPTIONS = 100
const COPY_PIECE = 1000

type Waiting = { readonly till: Id; readonly message: Uint8Array }
/** How far into an epoch of a till something has come. */
type Mark = { readonly epoch: number; readonly n: number }

export function createCustody(ports: CustodyPorts): Custody {
  const { store, copy, warn } = ports
  const waiting: Waiting[] = []
  let waitingBytes = 0
  /** How many of `waiting` are of a till. */
  const waitingOf = new Map<Id, number>()
  let dropped = 0
  let warnedOfDrops = -Infinity
  /** Safe watermarks of tills whose last entries are not copied yet, and the same of settling. Bounded by the number of tills. */
  const safeBefore = new Map<Id, Mark>()
  const settledBefore = new Map<Id, Mark>()

  function nextGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    while (count < waiting.length && count < MAX_GROUP_BATCHES && (count === 0 || bytes < MAX_GROUP_BYTES)) bytes += waiting[count++]?.message.length ?? 0
    waitingBytes -= bytes
    const group = waiting.splice(0, count)
    for (const { till } of group) {
      const left = (waitingOf.get(till) ?? 0) - 1
      if (left > 0) waitingOf.set(till, left)
      else waitingOf.delete(till)
    }
    return group
  }

  function drop(): void {
    dropped += 1
    const now = ports.clock.monotonic()
    if (now - warnedOfDrops < WARN_OF_DROPS_EVERY) return
    warn(`too many batches are waiting: dropped ${dropped} since the last such line; their tills will send them again`)
    warnedOfDrops = now
    dropped = 0
  }

  async function turn(): Promise<boolean> {
    const group = nextGroup()
    if (group.length === 0) return false
    const kept = await keepGroup(ports, group)
    if (kept === 'full') {
      warn('the disk is full: entries cannot be taken into custody; tills keep theirs')
      return waiting.length > 0
    }
    if (kept.entries.length > 0) ports.stored()
    if (!(await copyOut(ports, kept.entries))) warn('the second copy of the journal cannot be written; tills are told that nothing new is safe')
    const standing = await store.standing()
    for (const [till, message] of kept.answer) await sendAck(till, message, kept.heads.get(till), standing)
    for (const till of kept.repeated) ports.repeated(till)
    return waiting.length > 0
  }

  async function sendAck(till: Id, message: Uint8Array, head: Head | undefined, { hubEpoch, settledSeq }: Standing): Promise<void> {
    const epoch = head?.epoch ?? 1
    const found = await store.exceptionsOf(till, epoch, MAX_ACK_EXCEPTIONS)
    const ack = encodeSigned(ports.ackSigner(), signedTypes.ack, {
      v: 1,
      till,
      epoch,
      received: { n: head?.n ?? 0, head: hex(head?.hash ?? GENESIS) },
      safe: safeOf(head),
      settled: settledOf(head, settledSeq),
      answers: hex(ports.crypto.sha256(message)),
      exceptions: found.filter(isAboutEntry).map(({ n, code }) => ({ n, code })),
      hubEpoch,
      hubTime: ports.clock.now(),
    })
    ports.sendAck(till, ack)
  }

  const safeOf = (head: Head | undefined): number => reached(head, copy.lastSeq, safeBefore)
  const settledOf = (head: Head | undefined, settledSeq: number): number => reached(head, settledSeq, settledBefore)

  const work = pump(turn)
  return {
    offer(till, message) {
      const ofTill = waitingOf.get(till) ?? 0
      if (ofTill >= MAX_WAITING_OF_TILL || waiting.length >= MAX_WAITING_BATCHES || waitingBytes + message.length > MAX_WAITING_BYTES) return drop()
      waiting.push({ till, message })
      waitingBytes += message.length
      waitingOf.set(till, ofTill + 1)
      work.wake()
    },
    safeOf,
    settled: ({ till, epoch, n }) => void settledBefore.set(till, { epoch, n }),
    idle: () => work.idle(),
    stop: () => work.stop(),
  }
}

/**
 * Up to which n of its epoch something that has come to `seq` in the hub's order has come with a till that stands at `head`. Where it has not
 * come to the head it is as far as it was `before`, as far as that is known.
 */
function reached(head: Head | undefined, seq: number, before: Map<Id, Mark>): number {
  if (head === undefined) return 0
  if (seq >= head.seq) {
    before.set(head.id, { epoch: head.epoch, n: head.n })
    return head.n
  }
  const mark = before.get(head.id)
  return mark?.epoch === head.epoch ? Math.min(mark.n, head.n) : 0
}

/** What is wrong with how messages came is for the hub's people; a till is told only what became of its entries. */
const isAboutEntry = ({ n, code }: Exception): boolean => n > 0 && !code.startsWith('wire.') && !code.startsWith('custody.')

// ---------------------------------------------------------------- one group, one commit

type Kept = {
  readonly entries: readonly StoredEntry[]
  /** Where tills stand now. */
  readonly heads: ReadonlyMap<Id, Head>
  /** Tills to answer, each with its last message that its own key signed. */
  readonly answer: ReadonlyMap<Id, Uint8Array>
  readonly repeated: ReadonlySet<Id>
}

async function keepGroup(ports: CustodyPorts, group: readonly Waiting[]): Promise<Kept | 'full'> {
  for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
    const taken = await GroupIntake.open(ports, group)
    for (const one of group) await taken.take(one)
    const committed = await ports.store.commit(taken.changes())
    if (committed === 'done') return taken
    if (committed === 'full') return 'full'
  }
  invariant(false, 'custody commits in the end')
}

class GroupIntake implements Kept {
  readonly entries: StoredEntry[] = []
  readonly heads: Map<Id, Head>
  readonly answer = new Map<Id, Uint8Array>()
  readonly repeated = new Set<Id>()
  readonly #ports: CustodyPorts
  readonly #tills: ReadonlyMap<Id, Till>
  readonly #moved = new Set<Id>()
  readonly #exceptions: Exception[] = []
  #lastSeq: number

  private constructor(ports: CustodyPorts, tills: readonly Till[], heads: readonly Head[], lastSeq: number) {
    this.#ports = ports
    this.#tills = new Map(tills.map((till) => [till.id, till]))
    this.heads = new Map(heads.map((head) => [head.id, head]))
    this.#lastSeq = lastSeq
  }

  static async open(ports: CustodyPorts, group: readonly Waiting[]): Promise<GroupIntake> {
    const ids = [...new Set(group.map(({ till }) => till))]
    const { lastSeq } = await ports.store.standing()
    return new GroupIntake(ports, await ports.store.get('tills', ids), await ports.store.get('heads', ids), lastSeq)
  }

  changes() {
    const heads = [...this.#moved].flatMap((till) => this.heads.get(till) ?? [])
    return { entries: this.entries, heads, exceptions: this.#exceptions }
  }

  async take({ till, message }: Waiting): Promise<void> {
    const known = this.#tills.get(till)
    const key = known?.publicKey === undefined ? undefined : unhex(known.publicKey)
    if (key === undefined) return this.#ports.warn(`custody.unknown_till: ${till} sends entries`)
    const read = readBatch(message)
    if (!read.ok) return this.#setAside(till, 0, read.code, read.detail)
    const { batch, envelope } = read.value
    if (batch.till !== till) return this.#setAside(till, 0, 'wire.wrong_till', `a batch of ${batch.till}`)
    if (!verifyBatch(this.#ports.crypto, envelope, key)) return this.#setAside(till, 0, 'custody.bad_signature')

    this.answer.set(till, message)
    if (batch.entries.length === 0) this.repeated.add(till)
    else this.#place(batch, checkChain(this.#ports.crypto, batch, this.heads.get(till), await this.#storedHashes(batch)))
  }

  #place(batch: Batch, checked: Checked): void {
    switch (checked.type) {
      case 'fresh':
        if (checked.repeats) this.repeated.add(batch.till)
        return this.#append(batch, checked.entries)
      case 'known':
        this.repeated.add(batch.till)
        return
      case 'gap':
        return
      case 'contradiction':
        return this.#setAside(batch.till, checked.n, checked.code, checked.detail, batch.epoch)
      default:
        unreachable(checked)
    }
  }

  #append({ till, epoch }: Batch, fresh: Extract<Checked, { type: 'fresh' }>['entries']): void {
    const receivedAt = this.#ports.clock.now()
    for (const { n, bytes, hash } of fresh) this.entries.push({ seq: ++this.#lastSeq, till, epoch, n, bytes, hash, receivedAt })
    const last = fresh.at(-1)
    invariant(last !== undefined, 'a fresh batch has entries')
    const version = this.heads.get(till)?.version ?? 0
    this.heads.set(till, { id: till, version, epoch, n: last.n, hash: last.hash, seq: this.#lastSeq, receivedAt })
    this.#moved.add(till)
  }

  /** The database is asked only for what is older than the head: a till that goes on where it was costs no look-up. */
  async #storedHashes({ till, epoch, from, entries }: Batch): Promise<Map<number, Uint8Array>> {
    const head = this.heads.get(till)
    if (head === undefined || epoch > head.epoch) return new Map()
    const hashes = new Map<number, Uint8Array>()
    if (epoch < head.epoch || from <= head.n) {
      for (const { n, hash } of await this.#ports.store.hashes(till, epoch, from - 1, from + entries.length - 1)) hashes.set(n, hash)
      for (const entry of this.entries) if (entry.till === till && entry.epoch === epoch) hashes.set(entry.n, entry.hash)
    }
    if (epoch === head.epoch) hashes.set(head.n, head.hash)
    return hashes
  }

  /**
   * A row for a person to see. What no entry is to blame for is filed under where the till stands, so that a till that misbehaves all day
   * makes one row of each kind and not thousands.
   */
  #setAside(till: Id, n: number, code: ErrorCode, detail?: string, epoch?: number): void {
    const head = this.heads.get(till)
    const place = n > 0 && epoch !== undefined ? { epoch, n } : { epoch: head?.epoch ?? 1, n: head?.n ?? 0 }
    this.#exceptions.push({ at: this.#ports.clock.now(), till, ...place, code, detail, paymentId: undefined })
  }
}

// ---------------------------------------------------------------- the second copy

/** Brings the copy up to date; `fresh` spares reading back what was just stored. False when it could not be written. */
async function copyOut({ store, copy }: Pick<CustodyPorts, 'store' | 'copy'>, fresh: readonly StoredEntry[]): Promise<boolean> {
  if (fresh[0]?.seq === copy.lastSeq + 1) return copy.append(fresh)
  for (;;) {
    const missing = await store.entries(copy.lastSeq, COPY_PIECE)
    if (missing.length === 0) return true
    if (!(await copy.append(missing))) return false
  }
}

/**
 * Before custody opens: makes database and copy agree. Usually the copy lacks what was stored last. If it has *more* than the database, then
 * the database came back from a backup: its entries are taken from the copy, and the hub's epoch counts up so that tills know.
 * Throws when the two were never one.
 */
export async function reconcileCopy(ports: Pick<CustodyPorts, 'store' | 'copy' | 'crypto' | 'warn'>): Promise<void> {
  const { store, copy, warn } = ports
  const { lastSeq } = await store.standing()
  const common = Math.min(lastSeq, copy.lastSeq)
  const [stored] = await store.entries(common - 1, 1)
  for await (const copied of copy.read(common - 1)) {
    if (copied.seq > common) break
    if (stored === undefined || !equalBytes(stored.bytes, copied.bytes)) throw new Error(`the second copy is not of this database: entry ${common} differs`)
  }
  if (copy.lastSeq > lastSeq) {
    warn(`the database has ${lastSeq} entries and the second copy ${copy.lastSeq}: taking the rest from the copy`)
    await takeFromCopy(ports, lastSeq)
  }
  if (!(await copyOut(ports, []))) warn('the second copy of the journal cannot be written; tills are told that nothing new is safe')
}

async function takeFromCopy({ store, copy, crypto }: Pick<CustodyPorts, 'store' | 'copy' | 'crypto'>, afterSeq: number): Promise<void> {
  const { hubEpoch } = await store.standing()
  const commit = async (changes: Changes) => {
    const committed = await store.commit(changes)
    if (committed !== 'done') throw new Error(`the second copy could not be taken over: ${committed}`)
  }
  // The database's own count is as old as the backup, and one backup may be put back twice. The copy only grows, so its length keeps the epoch
  // above all that tills have heard of: they ignore what seems to come from before the last restore.
  await commit({ hubEpoch: { from: hubEpoch, to: Math.max(hubEpoch, copy.lastSeq) + 1 } })
  for await (const entry of copy.read(afterSeq)) {
    const [head] = await store.get('heads', [entry.till])
    const hash = chainHash(crypto, head?.epoch === entry.epoch ? head.hash : GENESIS, entry.bytes)
    const { till: id, epoch, n, seq, receivedAt } = entry
    await commit({ entries: [{ ...entry, hash }], heads: [{ id, version: head?.version ?? 0, epoch, n, hash, seq, receivedAt }] })
  }
}
