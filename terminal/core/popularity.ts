import type { Fact } from '#protocol/journal/entry.ts'
import type { TillStore } from './store.ts'

const PREFIX = 'popular/'

/** How often each product was sold at this till, which is what the cashier here most likely looks for. Of returns it knows nothing: somebody looked for it all the same. */
export class Popularity {
  readonly #sold: Map<string, number>

  constructor(store: Pick<TillStore, 'records'>) {
    this.#sold = new Map([...store.records(PREFIX)].map(([name, count]) => [name.slice(PREFIX.length), Number(count)]))
  }

  /** By the GTIN, as the catalogue writes it. */
  of(gtin: string): number {
    return this.#sold.get(gtin) ?? 0
  }

  /** Counts what was sold, once for each sale that it was in, however many pieces of it: records that belong into the same transaction as the facts. */
  count(facts: readonly Fact[]): Readonly<Record<string, string>> {
    const gtins = new Set(facts.flatMap((fact) => (fact.kind === 'sale.completed' ? fact.body.lines.map(({ gtin }) => gtin) : [])))
    for (const gtin of gtins) this.#sold.set(gtin, this.of(gtin) + 1)
    return Object.fromEntries([...gtins].map((gtin) => [PREFIX + gtin, String(this.of(gtin))]))
  }
}
