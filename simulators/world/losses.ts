import { hex } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import type { CopiedSegment } from '../../hub/intake/copy.ts'
import type { StoredEntry } from '../../terminal/core/store.ts'
import { meaningOf } from './custody-watch.ts'
import type { HubWatch } from './hub-watch.ts'
import { isPast, type Place } from './journal-truth.ts'
import type { TillMachine } from './till-machine.ts'
import type { TillWatch, WatchedTill } from './till-watch.ts'
import type { Trace } from './trace.ts'

export type LossParts = { readonly trace: Trace; readonly tills: TillWatch; readonly hub: HubWatch; copied(): ReadonlySet<Id> }

/**
 * What disks take with them. A payment that was approved is lost only with every disk that had it, and never one that the hub had called safe
 * (invariant 11), unless both of the hub's own places were lost too. What is lost was on one till alone, and that till's screen said so.
 */
export class Losses {
  readonly #parts: LossParts
  /** Payments whose capture the hub lost with its disk and its second copy at once: what it had called safe may be on tills alone. */
  readonly #forgotten = new Set<Id>()
  readonly #retired = new Set<TillMachine>()

  constructor(parts: LossParts) {
    this.#parts = parts
  }

  /** A till is out of service, with everything on it safe at the hub or exported. If the hub has forgotten it meanwhile, the till could not know. */
  retires(machine: TillMachine): void {
    this.#retired.add(machine)
    const { custody } = this.#parts.hub
    const watched = this.#parts.tills.of(machine)
    const { journal, safe } = watched
    if (!custody.forgotten.has(hex(journal.hashAt(safe)))) return
    if (custody.at({ till: journal.till, ...safe }) === undefined) this.#unsent(watched, () => true)
  }

  get count(): number {
    return [...this.#parts.tills.tills.values()].reduce((sum, { lost }) => sum + lost.size, 0)
  }

  /** The till's disk was replaced by an older one, or is gone for good. */
  ofTill(machine: TillMachine): void {
    const { tills } = this.#parts
    const watched = tills.of(machine)
    const safe = new Set([...watched.journal.payments.values()].flatMap(({ id, last }) => (isPast(last, watched.safe) ? [] : id)))
    tills.diskReplaced(machine)
    this.#count(watched, safe)
  }

  ofHub(copy: 'kept' | 'gone'): void {
    const { captured } = this.#parts.hub
    for (const watched of this.#parts.tills.tills.values()) {
      this.#count(watched, new Set())
      if (copy !== 'gone') continue
      for (const { paymentId: id } of watched.approvals.values()) if (!captured.has(id)) this.#forgotten.add(id)
      // Nobody sends again what was on a till that is out of service since, or in an entry that was damaged there since.
      this.#unsent(watched, (id) => this.#retired.has(watched.machine) || watched.damaged.has(id))
    }
  }

  /** One entry on a till's disk cannot be read any more. What it said is lost with it, unless the hub has it. */
  ofEntry(machine: TillMachine, { epoch, n, bytes }: StoredEntry): void {
    const watched = this.#parts.tills.of(machine)
    const said = meaningOf(machine.identity.till, epoch, n, bytes)
    if (said === undefined) return
    const about = [...('paymentId' in said.body ? [said.body.paymentId] : []), ...('refundId' in said.body ? [said.body.refundId] : [])]
    const { till } = machine.identity
    // What the hub has in one place only may go with its disk, and is not sent again.
    const alone = this.#parts.hub.custody.at({ till, epoch, n }) === undefined || isPast({ epoch, n }, watched.safe)
    for (const id of about) {
      watched.damaged.add(id)
      if (alone) watched.lost.add(id)
    }
  }

  /** Of these payments and refunds nothing comes to the hub any more: lost is what it does not have to the end. */
  #unsent({ journal: { till, payments, refunds }, lost }: WatchedTill, ofThese: (id: Id) => boolean): void {
    const { custody } = this.#parts.hub
    const isGone = (place: Place | undefined): boolean => place === undefined || custody.at({ till, epoch: place.epoch, n: place.n }) === undefined
    for (const { id, last } of payments.values()) if (ofThese(id) && isGone(last)) lost.add(id)
    for (const { id, places } of refunds.values()) if (ofThese(id) && isGone(places.at(-1))) lost.add(id)
  }

  #count({ machine, approvals, journal, lost }: WatchedTill, safe: ReadonlySet<Id>): void {
    const copied = this.#parts.copied()
    for (const { paymentId: id } of approvals.values()) {
      if (lost.has(id) || journal.payments.get(id)?.capturedMinor !== undefined) continue
      if (this.#parts.hub.captured.has(id) || copied.has(id)) continue
      lost.add(id)
      this.#parts.trace.note(`payment ${id} is lost with the disk of ${machine.name}`)
      if (safe.has(id) && !this.#forgotten.has(id))
        this.#parts.trace.violation(11, `payment ${id} is lost with the disk of ${machine.name}, although the hub had called it safe`)
    }
  }
}

/** Payments whose capture lies in the hub's second place. */
export function capturedIn(segments: readonly CopiedSegment[]): ReadonlySet<Id> {
  const found = new Set<Id>()
  for (const { till, epoch, n, known, signed, bytes } of segments) {
    const read = signed ? readBatch(bytes) : undefined
    const entries = read === undefined ? [bytes] : read.ok ? read.value.batch.entries.slice(known) : []
    for (const [index, entry] of entries.entries()) {
      const said = meaningOf(till, epoch, n + index, entry)
      if (said?.kind === 'payment.captured' || said?.kind === 'payment.taken_in_cash') found.add(said.body.paymentId)
    }
  }
  return found
}
