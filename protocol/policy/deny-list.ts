import { utf8 } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/**
 * What may not pay without the hub any more, as every till has it: a sorted list of fingerprints of 40 bits.
 *
 * Why a list and not a filter: a Bloom, xor or binary fuse filter of a million names is as large for the same rate of false positives (a fuse filter of 16 bits:
 * 2.25 MB at 15 in a million; this: 3.1 MB at 1 in a million), but only a list can be changed by what came and went since. A name that is found by
 * chance only has to pay with the hub.
 */
export const FINGERPRINT_BITS = 40
const BYTES = FINGERPRINT_BITS / 8
const LIMIT = 2 ** FINGERPRINT_BITS
/** Bytes of a distance. */
const LONGEST = 6

/** What can be blocked: a wallet with all of its phones, one credential (a lost phone), a key of an issuer, a card (by the hash that tills have of it). */
export const deniedKinds = ['wallet', 'credential', 'key', 'card'] as const
export type DeniedKind = (typeof deniedKinds)[number]
export type DeniedName = { readonly kind: DeniedKind; readonly id: string }

/** The first bits of the SHA-256 of `kind:id`: a whole number below 2^40. */
export const fingerprintOf = (crypto: Pick<Crypto, 'sha256'>, { kind, id }: DeniedName): number =>
  crypto
    .sha256(utf8(`${kind}:${id}`))
    .subarray(0, BYTES)
    .reduce((number, byte) => number * 256 + byte, 0)

/**
 * Distances between sorted fingerprints, each in as few bytes as it needs (LEB128: seven bits a byte, the low ones first). A million take 3.1 bytes each, a
 * handful 6.
 */
export function encodeFingerprints(sorted: ArrayLike<number> & Iterable<number>): Uint8Array {
  const bytes = new Uint8Array(sorted.length * LONGEST)
  let length = 0
  let before = -1
  for (const fingerprint of sorted) {
    let distance = fingerprint - before - 1
    for (; distance >= 128; distance = Math.floor(distance / 128)) bytes[length++] = (distance % 128) + 128
    bytes[length++] = distance
    before = fingerprint
  }
  return bytes.slice(0, length)
}

/** Strictly ascending by construction. Refuses more than `maxCount`, numbers from 2^40 on, and what ends within one. Total. */
export function decodeFingerprints(bytes: Uint8Array, maxCount: number): Outcome<Float64Array, 'wire.malformed'> {
  const found = new Float64Array(Math.min(maxCount, bytes.length))
  let count = 0
  let before = -1
  let distance = 0
  let factor = 1
  for (const byte of bytes) {
    distance += (byte % 128) * factor
    factor *= 128
    if (distance >= LIMIT || factor > LIMIT * 128) return fail('wire.malformed', 'a fingerprint is too large')
    if (byte >= 128) continue
    const fingerprint = before + 1 + distance
    if (fingerprint >= LIMIT) return fail('wire.malformed', 'a fingerprint is too large')
    if (count === maxCount) return fail('wire.malformed', 'too many fingerprints')
    found[count] = fingerprint
    count += 1
    before = fingerprint
    distance = 0
    factor = 1
  }
  return factor === 1 ? ok(found.slice(0, count)) : fail('wire.malformed', 'the list ends within a fingerprint')
}

const SUMS = 2 ** 48
/** Each with a salt, so that an empty list and one with the fingerprint 0 differ. */
const plus = (sum: number, fingerprint: number): number => (sum + fingerprint * 251 + 1) % SUMS
const minus = (sum: number, fingerprint: number): number => (sum - ((fingerprint * 251 + 1) % SUMS) + SUMS) % SUMS

/** One state of the list; never changed in place. Eight bytes of memory a name, a look-up of twenty steps at a million names. */
export class DenyList {
  static readonly empty = new DenyList(new Float64Array(0), 0)
  /** Strictly ascending. */
  readonly fingerprints: Float64Array

  /** Of all of them, modulo 2^48. */
  readonly #sum: number

  private constructor(fingerprints: Float64Array, sum: number) {
    this.fingerprints = fingerprints
    this.#sum = sum
  }

  static of(fingerprints: Iterable<number>): DenyList {
    const sorted = Float64Array.from(fingerprints).sort()
    const once = sorted.filter((fingerprint, at) => at === 0 || fingerprint !== sorted[at - 1])
    return new DenyList(once, once.reduce(plus, 0))
  }

  /** Of parts of which each begins behind the end of the one before; undefined if one does not. */
  static joined(parts: readonly Float64Array[]): DenyList | undefined {
    const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
    let count = 0
    for (const part of parts) {
      if (count > 0 && part.length > 0 && (part[0] ?? 0) <= (all[count - 1] ?? 0)) return undefined
      all.set(part, count)
      count += part.length
    }
    return new DenyList(all, all.reduce(plus, 0))
  }

  get size(): number {
    return this.fingerprints.length
  }

  has(fingerprint: number): boolean {
    return this.fingerprints[this.#placeOf(fingerprint)] === fingerprint
  }

  /** Twelve hex digits that differ where two lists differ, but for chance: a sum, since lists are signed and only accidents have to be found. */
  get check(): string {
    return this.#sum.toString(16).padStart(12, '0')
  }

  /** With these added and those taken away, both strictly ascending. A name that is in both is taken away. What lies between two changes is copied as it is. */
  changed(added: Float64Array, removed: Float64Array): DenyList {
    const gone = removed.filter((fingerprint) => this.has(fingerprint))
    const isRemoved = new Set(removed)
    const fresh = added.filter((fingerprint) => !this.has(fingerprint) && !isRemoved.has(fingerprint))
    const merged = new Float64Array(this.size + fresh.length - gone.length)
    let [from, to] = [0, 0]
    const copyUpTo = (place: number): void => {
      merged.set(this.fingerprints.subarray(from, place), to)
      to += place - from
      from = place
    }
    for (let i = 0, j = 0; i < fresh.length || j < gone.length;) {
      const [next, leaving] = [fresh[i] ?? Infinity, gone[j] ?? Infinity]
      copyUpTo(this.#placeOf(Math.min(next, leaving)))
      if (next < leaving) {
        merged[to++] = next
        i += 1
      } else {
        from += 1
        j += 1
      }
    }
    copyUpTo(this.size)
    return new DenyList(merged, gone.reduce(minus, fresh.reduce(plus, this.#sum)))
  }

  /** Those from a fingerprint on, up to another. */
  between(from: number, to: number): Float64Array {
    return this.fingerprints.subarray(this.#placeOf(from), this.#placeOf(to))
  }

  /** Of the first that is not below it. */
  #placeOf(fingerprint: number): number {
    let [low, high] = [0, this.fingerprints.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.fingerprints[middle] ?? 0) < fingerprint) low = middle + 1
      else high = middle
    }
    return low
  }
}
