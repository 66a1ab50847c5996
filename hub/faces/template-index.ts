import { invariant } from '#protocol/outcome.ts'
import { distanceKernel, type DistanceKernel } from './distance-kernel.ts'

export type Near = { readonly key: string; readonly distance: number }

const PAGE = 65_536
/** The query is at the beginning of the memory, then come distances, then rows. */
const MIN_CAPACITY = 1024

/**
 * Embeddings of many people in one piece of memory, each under a key of its own, searched exactly: no neighbour that is near enough is ever left out.
 * Four bytes a number, in memory only.
 */
export class TemplateIndex {
  readonly #keys: string[] = []
  readonly #rowOf = new Map<string, number>()
  #capacity = 0
  #memory = new WebAssembly.Memory({ initial: 1 })
  #kernel: DistanceKernel
  readonly #dimensions: number

  constructor(dimensions: number) {
    this.#dimensions = dimensions
    this.#kernel = distanceKernel(this.#memory, dimensions)
  }

  get size(): number {
    return this.#keys.length
  }

  has(key: string): boolean {
    return this.#rowOf.has(key)
  }

  /** One that is there under the same key is replaced. */
  set(key: string, vector: Float32Array): void {
    invariant(vector.length === this.#dimensions, `a template has ${this.#dimensions} numbers`)
    const row = this.#rowOf.get(key) ?? this.#keys.length
    if (row >= this.#capacity) this.#grow()
    this.#keys[row] = key
    this.#rowOf.set(key, row)
    this.#row(row).set(vector)
  }

  /** Nothing of it is left in this memory. */
  delete(key: string): void {
    const row = this.#rowOf.get(key)
    if (row === undefined) return
    const last = this.#keys.length - 1
    const lastKey = this.#keys[last] ?? key
    this.#row(row).set(this.#row(last))
    this.#row(last).fill(0)
    this.#keys[row] = lastKey
    this.#rowOf.set(lastKey, row)
    this.#keys.pop()
    this.#rowOf.delete(key)
  }

  /** The `most` nearest to `query` that are at most `within` away (Euclidean), the nearest first. */
  nearest(query: Float32Array, within: number, most: number): readonly Near[] {
    invariant(query.length === this.#dimensions, `a template has ${this.#dimensions} numbers`)
    const count = this.#keys.length
    new Float32Array(this.#memory.buffer, 0, this.#dimensions).set(query)
    this.#kernel(this.#rowsAt(), count, 0, this.#rowBytes)
    const distances = new Float32Array(this.#memory.buffer, this.#rowBytes, count)
    const best: { row: number; square: number }[] = []
    let bar = within * within
    for (let row = 0; row < count; row++) {
      const square = distances[row] ?? Infinity
      if (!(square <= bar)) continue
      best.push({ row, square })
      best.sort((a, b) => a.square - b.square)
      if (best.length > most) best.pop()
      if (best.length === most) bar = best.at(-1)?.square ?? bar
    }
    return best.map(({ row, square }) => ({ key: this.#keys[row] ?? '', distance: Math.sqrt(square) }))
  }

  #row(row: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.#rowsAt() + row * this.#rowBytes, this.#dimensions)
  }

  #grow(): void {
    const old = new Float32Array(this.#memory.buffer, this.#rowsAt(), this.#keys.length * this.#dimensions)
    this.#capacity = Math.max(MIN_CAPACITY, 2 * this.#capacity)
    const bytes = this.#rowsAt() + this.#capacity * this.#rowBytes
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) })
    this.#kernel = distanceKernel(this.#memory, this.#dimensions)
    new Float32Array(this.#memory.buffer, this.#rowsAt(), old.length).set(old)
    old.fill(0)
  }

  get #rowBytes(): number {
    return 4 * this.#dimensions
  }

  #rowsAt(): number {
    return this.#rowBytes + 4 * this.#capacity
  }
}
