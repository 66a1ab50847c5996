import { createHash } from 'node:crypto'

/**
 * Seeded random numbers: sfc32 (C. Doty-Humphrey, PractRand), seeded through SHA-256 of a name. `split` gives a generator of another name,
 * independent of how much was drawn from this one: one more draw in one actor does not change what the others do.
 */
export class Random {
  readonly #name: string
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(name: string) {
    this.#name = name
    const seed = createHash('sha256').update(name).digest()
    this.#a = seed.readInt32LE(0)
    this.#b = seed.readInt32LE(4)
    this.#c = seed.readInt32LE(8)
    for (let i = 0; i < 12; i++) this.uint32()
  }

  split(name: string): Random {
    return new Random(`${this.#name}/${name}`)
  }

  uint32(): number {
    const t = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return t >>> 0
  }

  /** In [0, 1). */
  real(): number {
    return this.uint32() / 2 ** 32
  }

  /** An integer in [from, to], both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.real() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.real() < probability
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.between(0, from.length - 1)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }

  /** One of the names, in proportion to their weights. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries<number>(weights) as [K, number][]
    let left = this.real() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0 && weight > 0) return name
    }
    throw new RangeError('all weights are zero')
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let i = 0; i < count; i++) bytes[i] = this.uint32() & 255
    return bytes
  }
}
