import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { ParkedView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Sale } from '../sale/basket.ts'
import { totalsOf } from '../sale/tax.ts'
import { parseRecord, type Change, type TillStore } from './store.ts'

const RECORD = 'parked/'
export const MAX_PARKED = 50

/** `at`: when it was put aside. */
type ParkedSale = { readonly sale: Sale; readonly at: EpochMs }

/** Baskets that were put aside. They are on the disk like the one in work, each under the id of its sale, and are found again after a stop. */
export class Parked {
  readonly #sales: Map<Id, ParkedSale>

  constructor(store: Pick<TillStore, 'records'>) {
    const kept = [...store.records(RECORD).values()].map((text) => parseRecord<ParkedSale>(text))
    this.#sales = new Map(kept.toSorted((a, b) => a.at - b.at).map((parked) => [parked.sale.id, parked]))
  }

  /** Oldest first. */
  get views(): readonly ParkedView[] {
    return [...this.#sales.values()].map(({ sale, at }) => {
      const { itemCount, totalMinor } = totalsOf(sale)
      return { id: sale.id, at, itemCount, totalMinor, ...(sale.note === undefined ? {} : { note: sale.note }) }
    })
  }

  /** The sale that would be taken back. */
  find(id: Id): Outcome<Sale> {
    const found = this.#sales.get(id)
    return found === undefined ? fail('sale.not_parked') : ok(found.sale)
  }

  get isEmpty(): boolean {
    return this.#sales.size === 0
  }

  get isFull(): boolean {
    return this.#sales.size >= MAX_PARKED
  }

  /** What has to be stored, in the transaction that makes another sale the one in work, to put a basket aside and to take one back. */
  change(aside: Sale | undefined, back: Id | undefined, at: EpochMs): Pick<Change, 'put' | 'remove'> {
    return {
      put: aside === undefined ? {} : { [RECORD + aside.id]: JSON.stringify({ sale: aside, at } satisfies ParkedSale) },
      remove: back === undefined ? [] : [RECORD + back],
    }
  }

  /** That transaction is on the disk. */
  changed(aside: Sale | undefined, back: Id | undefined, at: EpochMs): void {
    if (back !== undefined) this.#sales.delete(back)
    if (aside !== undefined) this.#sales.set(aside.id, { sale: aside, at })
  }
}
