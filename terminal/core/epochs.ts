import type { Place } from './outbox.ts'
import { compare } from './outbox.ts'
import { parseRecord, type TillStore } from './store.ts'

/** A head that the hub has, or had: what the first entry of an epoch names. */
export type Named = Place & { readonly head: string }

/**
 * One change of epoch. `after`: the last place of the old epochs whose entries still go to the hub as they are; what comes after it in them is carried
 * as `entry.salvaged`. `named`: the head that the new epoch's first entry names.
 * `damaged`: begun for damage that was found here, and not since the hub contradicted.
 */
export type EpochCut = { readonly epoch: number; readonly after: Place; readonly named: Named; readonly damaged?: true }

/** Salvaging that is not finished: entries after `from`, up to `upTo`. Kept with each slice, so that a restart goes on. */
export type Salvage = { readonly from: Place; readonly upTo: Place }

type Kept = { readonly cuts: readonly EpochCut[]; readonly salvage?: Salvage; readonly contradictions: number; readonly contradictedAt: number }

const RECORD = 'epochs'
const NONE: Kept = { cuts: [], contradictions: 0, contradictedAt: 0 }

/** Which entries of a journal with several epochs its chains still carry to the hub. A till that was never restored or damaged has one epoch and nothing here. */
export class Epochs {
  #kept: Kept

  constructor(store: Pick<TillStore, 'records'>) {
    const text = store.records(RECORD).get(RECORD)
    this.#kept = text === undefined ? NONE : parseRecord<Kept>(text)
  }

  get salvage(): Salvage | undefined {
    return this.#kept.salvage
  }

  /** As far as this watermark goes for what is counted by its old place: what is still to be carried over has not come to the hub, whatever came of later epochs. */
  heldBack(watermark: Place): Place {
    const from = this.#kept.salvage?.from
    return from !== undefined && compare(watermark, from) > 0 ? from : watermark
  }

  /** How often in a row, and when last (hub time), the hub has shown a head that was not this journal's. */
  get contradicted(): { readonly times: number; readonly at: number } {
    return { times: this.#kept.contradictions, at: this.#kept.contradictedAt }
  }

  /** Whether an entry goes to the hub as it is. */
  carries(entry: Place): boolean {
    return !this.#kept.cuts.some((cut) => entry.epoch < cut.epoch && compare(entry, cut.after) > 0)
  }

  /**
   * Whether an entry was written after this journal was put back to before what the hub had, and before anybody noticed: the same numbers, of entries and of
   * receipts, had been given out already.
   */
  isNumberedTwice(entry: Place): boolean {
    return this.#kept.cuts.some((cut) => compare(cut.after, cut.named) < 0 && entry.epoch < cut.epoch && compare(entry, cut.after) > 0)
  }

  /** Where to go on after a place: behind the last carried entry of an epoch begins the next. */
  onwards(place: Place): Place {
    return this.#kept.cuts.reduce((at, cut) => (at.epoch < cut.epoch && compare(at, cut.after) >= 0 ? { epoch: cut.epoch, n: 0 } : at), place)
  }

  /** The beginning of the newest epoch that names this head: where a hub stands that has everything before it. */
  begunAt(place: Place, head: string): Place | undefined {
    const cut = this.#kept.cuts.findLast(({ named }) => compare(named, place) === 0 && named.head === head)
    return cut === undefined ? undefined : { epoch: cut.epoch, n: 0 }
  }

  /** What has to be stored for a change; `changed` when it is. */
  record(next: Partial<Omit<Kept, 'salvage'>> & { readonly salvage?: Salvage | undefined }): { readonly put: Record<string, string>; changed(): void } {
    const { salvage, ...rest } = { ...this.#kept, ...next }
    const kept: Kept = { ...rest, ...(salvage === undefined ? {} : { salvage }) }
    return { put: { [RECORD]: JSON.stringify(kept) }, changed: () => void (this.#kept = kept) }
  }

  get cuts(): readonly EpochCut[] {
    return this.#kept.cuts
  }
}
