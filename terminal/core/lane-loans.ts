import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

const RECORD = 'lanes/loans'
/** Sums since the two tills first met: they only ever grow, so a message that comes twice or late changes nothing. */
type Sums = Readonly<Record<Id, Minor>>
/**
 * `gone`: until when a lane that is none of this store any more may still spend what it was given. `remembered`: how much of what was given is known by the taker's word
 * alone, which counts only while it is a lane of this store.
 */
type Kept = { readonly given: Sums; readonly had: Sums; readonly gone?: Readonly<Record<Id, EpochMs>>; readonly remembered?: Sums }
const NONE: Kept = { given: {}, had: {} }

/** A part of a slice is worth giving from here on, and a till keeps at least this share of what it has left. */
const KEPT_SHARE = 2

/**
 * What this till gave of its slice of the store's cap to other lanes, and had from them (invariant 3). What is given is on this disk before anybody hears of it, and
 * spent by nobody until it is on the other's, so at every moment the sum of what all may spend is at most the sum of the slices; what is lost on the way is
 * spent by nobody until it is said again. There is no paying back: who has more than it needs gives, like everybody.
 */
export class Loans {
  readonly #store: Pick<TillStore, 'commit'>
  #kept: Kept

  constructor(store: Pick<TillStore, 'commit' | 'records'>) {
    const text = store.records(RECORD).get(RECORD)
    this.#store = store
    this.#kept = text === undefined ? NONE : parseRecord<Kept>(text)
  }

  /** By how much this till may take more (or, negative, less) than its slice. Minor units. `tills`: those of the store; what a till that is gone gave counts no more. */
  balance(tills: ReadonlySet<Id>): Minor {
    const had = Object.entries(this.#kept.had).reduce((all, [till, minor]) => (tills.has(till) ? all + minor : all), 0)
    return had - Object.values(this.#kept.given).reduce((all, minor) => all + minor, 0)
  }

  /**
   * The store has these tills from now on. A till that was lost or stolen may spend what it was given for as long as its policy holds, at the latest until `until`:
   * so long this one goes without. Throws StoreError.
   */
  keepOnly(tills: ReadonlySet<Id>, now: EpochMs, until: EpochMs): void {
    const { given, had, gone = {}, remembered = {} } = this.#kept
    const away = Object.keys(given).filter((till) => !tills.has(till))
    const ends = Object.fromEntries(away.map((till) => [till, gone[till] ?? until]))
    const isOver = (till: Id): boolean => (ends[till] ?? Infinity) < now
    if (JSON.stringify(ends) === JSON.stringify(gone) && !away.some(isOver)) return
    const proven = Object.entries(given).map(([till, minor]) => [till, minor - (tills.has(till) ? 0 : (remembered[till] ?? 0))] as const)
    const living = <T>(entries: readonly (readonly [Id, T])[]): Record<Id, T> => Object.fromEntries(entries.filter(([till]) => !isOver(till)))
    this.#become({
      given: living(proven),
      had: living(Object.entries(had)),
      gone: living(Object.entries(ends)),
      remembered: Object.fromEntries(Object.entries(remembered).filter(([till]) => tills.has(till))),
    })
  }

  get given(): readonly (readonly [Id, Minor])[] {
    return Object.entries(this.#kept.given)
  }

  get had(): readonly (readonly [Id, Minor])[] {
    return Object.entries(this.#kept.had)
  }

  /**
   * Gives to a lane that wants so much, of `leftMinor` that this till may still take: at most half of it, so that two that want from each other come to rest. Answers
   * the sum to tell it, once that is durable; undefined when there is nothing to give. Throws StoreError.
   */
  give(to: Id, wantedMinor: Minor, leftMinor: Minor): Minor | undefined {
    const minor = Math.min(wantedMinor, Math.floor(leftMinor / KEPT_SHARE))
    if (minor <= 0) return undefined
    const totalMinor = (this.#kept.given[to] ?? 0) + minor
    if (!Number.isSafeInteger(totalMinor)) return undefined
    this.#become({ ...this.#kept, given: { ...this.#kept.given, [to]: totalMinor } })
    return totalMinor
  }

  /** A lane says what it has ever given to this one. Durable before it may be spent. Throws StoreError. */
  receive(from: Id, totalMinor: Minor): void {
    if (totalMinor > (this.#kept.had[from] ?? 0)) this.#become({ ...this.#kept, had: { ...this.#kept.had, [from]: totalMinor } })
  }

  /**
   * A lane says what it has ever had from this one: more than is written here means that this disk was put back to an older copy, and forgot that it gave. Then it
   * remembers. Throws StoreError.
   */
  remember(by: Id, hadMinor: Minor): void {
    const { given, remembered = {} } = this.#kept
    const more = hadMinor - (given[by] ?? 0)
    if (more <= 0) return
    this.#become({ ...this.#kept, given: { ...given, [by]: hadMinor }, remembered: { ...remembered, [by]: (remembered[by] ?? 0) + more } })
  }

  #become(kept: Kept): void {
    this.#store.commit({ put: { [RECORD]: JSON.stringify(kept) } })
    this.#kept = kept
  }
}
