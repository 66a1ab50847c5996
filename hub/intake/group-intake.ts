import { cited, floorOf, NO_TIMELINE, type Timeline } from './back-dating.ts'
import { checkChain, openingOf, type Checked, type Known } from './chain-check.ts'
import { isFromBefore } from './revoked.ts'
import type { Waiting } from './waiting-line.ts'
import { actRow, endOfKey, keyRow, otherKey, type TillKey } from '../fleet/till-keys.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Exception, Head, HubStore, Segment, Till } from '../store/hub-store.ts'
import { unpackSegment } from '../store/segment.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { readBatch, verifyBatch, type Batch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { unreachable } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'
import { zstd } from '#protocol/node/packing.ts'

export type IntakePorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  warn(line: string): void
}

/** What became of the messages of one group, once it is committed. */
export type Kept = {
  readonly segments: readonly Segment[]
  /** Where tills stand now. */
  readonly heads: ReadonlyMap<Id, Head>
  /** Tills to answer, each with its last message that its own key signed. */
  readonly answer: ReadonlyMap<Id, Uint8Array>
  readonly repeated: ReadonlySet<Id>
  /** Those whose times are bounded otherwise than before. */
  readonly timelines: ReadonlyMap<Id, Timeline>
  /** A till has more to send. */
  readonly backlog: boolean
  /** Tills that signed with their next key for the first time. */
  readonly rekeyed: ReadonlySet<Id>
}

/** Decides about one group of messages on rows that were read for it, and says what is to be committed. */
export class GroupIntake implements Kept {
  readonly segments: Segment[] = []
  readonly heads: Map<Id, Head>
  readonly answer = new Map<Id, Uint8Array>()
  readonly repeated = new Set<Id>()
  readonly timelines = new Map<Id, Timeline>()
  backlog = false
  readonly rekeyed = new Set<Id>()
  readonly #ports: IntakePorts
  readonly #tills: Map<Id, Till>
  readonly #timelineOf: (till: Id) => Timeline | undefined
  readonly #moved = new Set<Id>()
  readonly #exceptions: Exception[] = []
  readonly #documents: DocumentRow[] = []
  #lastSeq: number

  private constructor(ports: IntakePorts, timelineOf: (till: Id) => Timeline | undefined, tills: readonly Till[], heads: readonly Head[], lastSeq: number) {
    this.#ports = ports
    this.#timelineOf = timelineOf
    this.#tills = new Map(tills.map((till) => [till.id, till]))
    this.heads = new Map(heads.map((head) => [head.id, head]))
    this.#lastSeq = lastSeq
  }

  /** `timelineOf`: what is known beyond the head rows, which are not written at each acknowledgement. */
  static async open(ports: IntakePorts, timelineOf: (till: Id) => Timeline | undefined, group: readonly Waiting[]): Promise<GroupIntake> {
    const ids = [...new Set(group.map(({ till }) => till))]
    const { lastSeq } = await ports.store.standing()
    return new GroupIntake(ports, timelineOf, await ports.store.get('tills', ids), await ports.store.get('heads', ids), lastSeq)
  }

  changes() {
    const heads = [...this.#moved].flatMap((till) => this.heads.get(till) ?? [])
    const tills = [...this.rekeyed].flatMap((till) => this.#tills.get(till) ?? [])
    return { segments: this.segments, heads, exceptions: this.#exceptions, tills, documents: this.#documents }
  }

  async take({ till, message, imported }: Waiting): Promise<void> {
    const known = this.#tills.get(till)
    const key = known?.publicKey === undefined ? undefined : unhex(known.publicKey)
    if (key === undefined) return this.#ports.warn(`custody.unknown_till: ${till} sends entries`)
    if (known?.revokedAt !== undefined && !imported) return this.#setAside(till, 0, 'custody.revoked')
    const read = readBatch(message, zstd)
    if (!read.ok) return this.#setAside(till, 0, read.code, read.detail)
    const { batch, envelope } = read.value
    if (batch.till !== till) return this.#setAside(till, 0, 'wire.wrong_till', `a batch of ${batch.till}`)
    let endedAt = known?.revokedAt
    if (!verifyBatch(this.#ports.crypto, envelope, key)) {
      const other = await otherKey(this.#ports.store, till, hex(envelope.keyId))
      if (other === undefined || !verifyBatch(this.#ports.crypto, envelope, unhex(other.publicKey) ?? new Uint8Array(0)))
        return this.#setAside(till, 0, 'custody.bad_signature')
      if (other.state === 'next' && known !== undefined && endedAt === undefined) await this.#rekey(known, other)
      else if (imported) endedAt = other.until ?? endedAt
      else return this.#setAside(till, 0, 'custody.revoked')
    }
    if (endedAt !== undefined && !isFromBefore(batch, endedAt)) return this.#setAside(till, 0, 'custody.revoked')

    this.answer.set(till, message)
    this.backlog ||= batch.waiting !== undefined && batch.waiting > 0
    if (batch.entries.length === 0) this.repeated.add(till)
    else await this.#place(batch, message, checkChain(this.#ports.crypto, batch, await this.#known(batch, imported)))
    this.#cite(batch)
  }

  /** From its first batch on the next key is the till's, and the one before it signs nothing more. */
  async #rekey(till: Till, next: TillKey): Promise<void> {
    const { store, crypto, clock } = this.#ports
    if (this.rekeyed.has(till.id)) return
    const at = clock.now()
    const before = await endOfKey({ store, crypto }, till, 'former', at)
    this.#documents.push(
      keyRow(crypto, { ...next, state: 'current' }),
      actRow(till, { at, act: 'rekeyed', by: 'the till' }),
      ...(before === undefined ? [] : [before]),
    )
    this.#tills.set(till.id, { ...till, publicKey: next.publicKey })
    this.rekeyed.add(till.id)
  }

  #timeline(till: Id): Timeline {
    return this.timelines.get(till) ?? this.#timelineOf(till) ?? this.heads.get(till) ?? NO_TIMELINE
  }

  async #place(batch: Batch, message: Uint8Array, checked: Checked): Promise<void> {
    switch (checked.type) {
      case 'fresh':
        if (checked.known > 0) this.repeated.add(batch.till)
        return this.#append(batch, message, checked)
      case 'known':
        this.repeated.add(batch.till)
        return
      case 'gap':
        return
      case 'contradiction':
        if (this.#isInItsPlace(batch)) return
        return this.#setAside(batch.till, checked.n, checked.code, checked.detail, batch.epoch)
      default:
        unreachable(checked)
    }
  }

  /** A machine that took a revoked till's place begins with nothing: the answer tells it where the hub stands, and it goes on in the next epoch. */
  #isInItsPlace(batch: Batch): boolean {
    const enrolledAt = this.#tills.get(batch.till)?.enrolledAt ?? 0
    return openingOf(batch)?.reason === 'enrolled' && (this.heads.get(batch.till)?.receivedAt ?? Infinity) < enrolledAt
  }

  async #append({ till, epoch, from }: Batch, message: Uint8Array, { known, count, head, lost }: Extract<Checked, { type: 'fresh' }>): Promise<void> {
    const receivedAt = this.#ports.clock.now()
    const before = this.heads.get(till)
    const { floorAt, acks } = this.#timeline(till)
    const [seq, n] = [this.#lastSeq + 1, from + known]
    // The end of a closed epoch was written before the next one began, and is held to what bounded its own.
    const isLate = before !== undefined && epoch < before.epoch
    const floor = isLate ? await this.#ports.store.floorAfter(till, epoch) : floorOf({ floorAt, acks }, receivedAt)
    this.segments.push({ seq, count, till, epoch, n, head, receivedAt, floorAt: floor, known, signed: true, bytes: message })
    this.#lastSeq += count
    if (isLate) return
    this.heads.set(till, { id: till, version: before?.version ?? 0, epoch, n: n + count - 1, hash: head, seq: this.#lastSeq, receivedAt, floorAt, acks })
    this.#moved.add(till)
    if (lost !== undefined) this.#setAside(till, n, 'custody.lost', lost, epoch)
  }

  /** With everything of it in custody, a batch bounds the times of what follows it. */
  #cite({ till, epoch, from, entries, lastAck, waiting }: Batch): void {
    const head = this.heads.get(till)
    if (head?.epoch !== epoch || from + entries.length - 1 > head.n) return
    const timeline = cited(this.#timeline(till), { lastAck: hex(lastAck), waiting })
    this.timelines.set(till, timeline)
    if (this.#moved.has(till)) this.heads.set(till, { ...head, floorAt: timeline.floorAt, acks: timeline.acks })
  }

  async #known(batch: Batch, imported: boolean): Promise<Known> {
    const head = this.heads.get(batch.till)
    const cites = hex(batch.lastAck)
    const [epoch, n] = [head?.epoch ?? 1, head?.n ?? 0]
    const knowsHead = this.#timeline(batch.till).acks.some((ack) => ack.hash === cites && ack.epoch === epoch && ack.n === n)
    return { head, knowsHead, imported, stored: await this.#storedHashes(batch, head), named: await this.#named(batch, head) }
  }

  async #named(batch: Batch, head: Head | undefined): Promise<Uint8Array | undefined> {
    if (head === undefined || batch.epoch <= head.epoch) return undefined
    const previous = openingOf(batch)?.previous
    return previous === undefined ? undefined : (await this.#hashes(batch.till, previous.epoch, previous.n, previous.n)).get(previous.n)
  }

  /** The database is asked only for what is older than the head: a till that goes on where it was costs no look-up. */
  async #storedHashes({ till, epoch, from, entries }: Batch, head: Head | undefined): Promise<Map<number, Uint8Array>> {
    if (head === undefined || epoch > head.epoch) return new Map()
    const older = epoch < head.epoch || from <= head.n
    const hashes = older ? await this.#hashes(till, epoch, from - 1, from + entries.length - 1) : new Map<number, Uint8Array>()
    if (epoch === head.epoch) hashes.set(head.n, head.hash)
    return hashes
  }

  /** Of what is stored, and of what this group will store. */
  async #hashes(till: Id, epoch: number, from: number, to: number): Promise<Map<number, Uint8Array>> {
    const hashes = new Map<number, Uint8Array>()
    for (const { n, hash } of await this.#ports.store.hashes(till, epoch, from, to)) hashes.set(n, hash)
    for (const segment of this.segments) {
      if (segment.till !== till || segment.epoch !== epoch || segment.n > to || segment.n + segment.count <= from) continue
      for (const { n, hash } of unpackSegment(segment)) if (n >= from && n <= to) hashes.set(n, hash)
    }
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
