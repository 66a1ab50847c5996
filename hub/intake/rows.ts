/** Rows that were read, and what became of them. */
export class Rows<R extends { readonly id: string }> {
  readonly #rows: Map<string, R>
  readonly #changed = new Set<string>()

  constructor(rows: readonly R[]) {
    this.#rows = new Map(rows.map((row) => [row.id, row]))
  }
  get(id: string): R | undefined {
    return this.#rows.get(id)
  }
  put(row: R): void {
    this.#rows.set(row.id, row)
    this.#changed.add(row.id)
  }
  where(fits: (row: R) => boolean): R[] {
    return [...this.#rows.values()].filter(fits)
  }
  get changed(): R[] {
    return [...this.#changed].flatMap((id) => this.#rows.get(id) ?? [])
  }
}
