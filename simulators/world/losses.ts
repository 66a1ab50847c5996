import type { Id } from '#protocol/ids.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import type { CopiedSegment } from '../../hub/intake/copy.ts'
import type { StoredEntry } from '../../terminal/core/store.ts'
import { meaningOf } from './custody-watch.ts'
import type { HubWatch } from './hub-watch.ts'
import { isPast } from './journal-truth.ts'
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
  /** The hub has lost its disk and its second copy at once: what it had called safe may be on tills alone. */
  hubForgot = false
  readonly #retired = new Set<TillMachine>()

  constructor(parts: LossParts) {
    this.#parts = parts
  }

  /** A till is out of service, with everything on it safe at the hub or exported. */
  retires(machine: TillMachine): void {
    this.#retired.add(machine)
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
    this.#count(watched, this.hubForgot ? new Set() : safe)
  }

  ofHub(copy: 'kept' | 'gone'): void {
    if (copy === 'gone') {
      this.hubForgot = true
      this.#parts.hub.custody.forgot = true
    }
    for (const watched of this.#parts.tills.tills.values()) {
      this.#count(watched, new Set())
      if (copy !== 'gone') continue
      // Nobody sends again what was on a till that is out of service since, or in an entry that was damaged there since.
      const unsent = this.#retired.has(watched.machine) ? [...watched.journal.payments.keys(), ...watched.journal.refunds.keys()] : watched.damaged
      for (const id of unsent) watched.lost.add(id)
    }
  }

  /** One entry on a till's disk cannot be read any more. What it said is lost with it, unless the hub has it. */
  ofEntry(machine: TillMachine, { epoch, n, bytes }: StoredEntry): void {
    const watched = this.#parts.tills.of(machine)
    const said = meaningOf(machine.identity.till, epoch, n, bytes)
    if (said === undefined) return
    const about = [...('paymentId' in said.body ? [said.body.paymentId] : []), ...('refundId' in said.body ? [said.body.refundId] : [])]
    const alone = this.hubForgot || isPast({ epoch, n }, watched.received)
    for (const id of about) {
      watched.damaged.add(id)
      if (alone) watched.lost.add(id)
    }
  }

  #count({ machine, approvals, journal, lost }: WatchedTill, safe: ReadonlySet<Id>): void {
    const copied = this.#parts.copied()
    for (const { paymentId: id } of approvals.values()) {
      if (lost.has(id) || journal.payments.get(id)?.capturedMinor !== undefined) continue
      if (this.#parts.hub.captured.has(id) || copied.has(id)) continue
      lost.add(id)
      this.#parts.trace.note(`payment ${id} is lost with the disk of ${machine.name}`)
      if (safe.has(id)) this.#parts.trace.violation(11, `payment ${id} is lost with the disk of ${machine.name}, although the hub had called it safe`)
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
      if (said?.kind === 'payment.captured') found.add(said.body.paymentId)
    }
  }
  return found
}
