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
const FINGERPRINT_BITS = 40
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
/** With a salt, so that an empty list and one with the fingerprint 0 differ. Below 2^48, as the sums are: no division is needed to keep them there. */
const weight = (fingerprint: number): number => fingerprint * 251 + 1
const plus = (sum: number, fingerprint: number): number => lowered(sum + weight(fingerprint))
const minus = (sum: number, fingerprint: number): number => lowered(sum - weight(fingerprint) + SUMS)
const lowered = (sum: number): number => (sum < SUMS ? sum : sum - SUMS)

/** The list is in so many parts, by the first bits of the fingerprints, which are those of a hash: the parts are of about one length. */
export const DENY_PARTS = 64
const PART_SIZE = LIMIT / DENY_PARTS
const NONE = new Float64Array(0)

/**
 * One state of the list; never changed in place. The next one has all parts in common with it in which nothing changed, so that a name more costs the copy of one
 * part and not of a million names. Eight bytes of memory a name, a look-up of fourteen steps at a million names.
 */
export class DenyList {
  static readonly empty = new DenyList(
    Array.from({ length: DENY_PARTS }, () => NONE),
    0,
  )
  readonly size: number
  /** Each strictly ascending. */
  readonly #parts: readonly Float64Array[]
  /** Of all of them, modulo 2^48. */
  readonly #sum: number

  private constructor(parts: readonly Float64Array[], sum: number) {
    this.#parts = parts
    this.#sum = sum
    this.size = parts.reduce((size, { length }) => size + length, 0)
  }

  static of(fingerprints: Iterable<number>): DenyList {
    const sorted = Float64Array.from(fingerprints).sort()
    return DenyList.#ofSorted(sorted.filter((fingerprint, at) => at === 0 || fingerprint !== sorted[at - 1]))
  }

  /** Of pieces of which each begins behind the end of the one before; undefined if one does not. */
  static joined(pieces: readonly Float64Array[]): DenyList | undefined {
    const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0))
    let count = 0
    for (const piece of pieces) {
      if (count > 0 && piece.length > 0 && (piece[0] ?? 0) <= (all[count - 1] ?? 0)) return undefined
      all.set(piece, count)
      count += piece.length
    }
    return DenyList.#ofSorted(all)
  }

  /** Copies, so that a part that stays does not keep all others in memory. */
  static #ofSorted(sorted: Float64Array): DenyList {
    const parts = Array.from({ length: DENY_PARTS }, (_, at) => within(sorted, at).slice())
    return new DenyList(parts, sorted.reduce(plus, 0))
  }

  /** All of them, strictly ascending: a copy. */
  get fingerprints(): Float64Array {
    const all = new Float64Array(this.size)
    let count = 0
    for (const part of this.#parts) {
      all.set(part, count)
      count += part.length
    }
    return all
  }

  /** The part by this number, strictly ascending. It is the same object in two lists only if nothing in it changed between them. */
  part(at: number): Float64Array {
    return this.#parts[at] ?? NONE
  }

  has(fingerprint: number): boolean {
    const part = this.part(Math.floor(fingerprint / PART_SIZE))
    return part[placeIn(part, fingerprint)] === fingerprint
  }

  /** Twelve hex digits that differ where two lists differ, but for chance: a sum, since lists are signed and only accidents have to be found. */
  get check(): string {
    return this.#sum.toString(16).padStart(12, '0')
  }

  /** With these added and those taken away, both strictly ascending. A name that is in both is taken away. */
  changed(added: Float64Array, removed: Float64Array): DenyList {
    const isRemoved = new Set(removed)
    const fresh = added.filter((fingerprint) => !this.has(fingerprint) && !isRemoved.has(fingerprint))
    const gone = removed.filter((fingerprint) => this.has(fingerprint))
    const parts = this.#parts.map((part, at) => merged(part, within(fresh, at), within(gone, at)))
    return new DenyList(parts, gone.reduce(minus, fresh.reduce(plus, this.#sum)))
  }
}

/** A part with what is not in it yet and without what is. What lies between two changes is copied as it is; the same part if there is none. */
function merged(part: Float64Array, fresh: Float64Array, gone: Float64Array): Float64Array {
  if (fresh.length === 0 && gone.length === 0) return part
  const after = new Float64Array(part.length + fresh.length - gone.length)
  let [from, to] = [0, 0]
  const copyUpTo = (place: number): void => {
    after.set(part.subarray(from, place), to)
    to += place - from
    from = place
  }
  for (let i = 0, j = 0; i < fresh.length || j < gone.length;) {
    const [next, leaving] = [fresh[i] ?? Infinity, gone[j] ?? Infinity]
    copyUpTo(placeIn(part, Math.min(next, leaving)))
    if (next < leaving) {
      after[to++] = next
      i += 1
    } else {
      from += 1
      j += 1
    }
  }
  copyUpTo(part.length)
  return after
}

const within = (sorted: Float64Array, at: number): Float64Array => sorted.subarray(placeIn(sorted, at * PART_SIZE), placeIn(sorted, (at + 1) * PART_SIZE))

/** Of the first that is not below it. */
function placeIn(sorted: Float64Array, fingerprint: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < fingerprint) low = middle + 1
    else high = middle
  }
  return low
}
