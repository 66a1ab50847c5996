import { childKey, cipherOf, counterBits, workingKey, type Scheme } from './dukpt.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * The keys of one reader, which forget. Journals keep what readers encrypted for ever, and are copied; so a card is erased by destroying the only key
 * that opens it. The hub therefore never has the base key of a batch of readers, from which every key could be made again, but begins with the one key
 * that was put into this reader, and holds no more of its tree than is needed for the counters that are still to come (a puncturable key, after Goldreich,
 * Goldwasser and Micali's tree of 1986): destroying a counter's key replaces the keys on the way to it by their other children.
 *
 * One caveat: DUKPT uses inner keys of the tree for transactions. A counter that was passed by and may still come is kept as its working key, out of
 * which its children cannot be made; with the PIN variant (MagTek as delivered) they could, until that counter is destroyed as well.
 */
export type ReaderKeys = {
  readonly scheme: Scheme
  /** As `readKsn` names it. */
  readonly reader: string
  /** Counter → key, hex: of these and everything below. */
  readonly roots: Readonly<Record<string, string>>
  /** Counter → working key, hex: of this counter alone. */
  readonly single: Readonly<Record<string, string>>
}

export const freshKeys = (scheme: Scheme, reader: string, initialKeyHex: string): ReaderKeys => ({ scheme, reader, roots: { 0: initialKeyHex }, single: {} })

/** Counters with more bits than the standards allow are never used by a reader; keys for them would be made in vain. */
const MAX_BITS_SET = { tdes: 10, aes: 16 } as const

/** Bits of a counter, highest first. */
const bitsOf = (counter: number, width: number): number[] => {
  const bits: number[] = []
  for (let bit = 2 ** (width - 1); bit >= 1; bit /= 2) if (Math.floor(counter / bit) % 2 === 1) bits.push(bit)
  return bits
}

/** The root under which a counter lies: its own bits without some of the lowest. Undefined where it was destroyed. */
function rootOf({ scheme, roots }: ReaderKeys, counter: number): { readonly at: number; readonly path: readonly number[] } | undefined {
  const bits = bitsOf(counter, counterBits(cipherOf(scheme)))
  for (let length = bits.length; length >= 0; length--) {
    const at = bits.slice(0, length).reduce((sum, bit) => sum + bit, 0)
    if (roots[at] !== undefined) return { at, path: bits.slice(length) }
  }
  return undefined
}

const bytes = (text: string): Buffer => Buffer.from(text, 'hex')

/** What decrypts the track of this counter; the caller wipes it. Undefined when it was destroyed, or is 0, which no reader encrypts with. */
export function trackKey(keys: ReaderKeys, counter: number): Buffer | undefined {
  if (counter === 0) return undefined
  const own = keys.single[counter]
  if (own !== undefined) return bytes(own)
  const root = rootOf(keys, counter)
  if (root === undefined) return undefined
  let key = bytes(keys.roots[root.at] ?? '')
  let at = root.at
  for (const bit of root.path) {
    at += bit
    const next = childKey(cipherOf(keys.scheme), key, bytes(keys.reader), at)
    key.fill(0)
    key = next
  }
  const working = workingKey(keys.scheme, key, bytes(keys.reader), counter)
  key.fill(0)
  return working
}

/** The same without the key of this counter; unchanged where it is gone already. */
export function withoutKey(keys: ReaderKeys, counter: number): ReaderKeys {
  if (keys.single[counter] !== undefined) return { ...keys, single: without(keys.single, counter) }
  const root = rootOf(keys, counter)
  if (root === undefined || counter === 0) return keys
  const { scheme, reader } = keys
  const [cipher, id] = [cipherOf(scheme), bytes(reader)]
  const limit = MAX_BITS_SET[cipher]
  const width = counterBits(cipher)
  const roots: Record<string, string> = without(keys.roots, root.at)
  const single: Record<string, string> = { ...keys.single }
  let key = bytes(keys.roots[root.at] ?? '')
  let at = root.at
  for (const taken of [...root.path, undefined]) {
    const set = bitsOf(at, width)
    const lowest = set.at(-1) ?? 2 ** width
    let next: Buffer | undefined
    for (let bit = lowest / 2; bit >= 1; bit /= 2) {
      if (bit !== taken && set.length >= limit) continue
      const child = childKey(cipher, key, id, at + bit)
      if (bit === taken) next = child
      else roots[at + bit] = child.toString('hex')
    }
    if (at !== counter && at !== 0) single[at] = workingKey(scheme, key, id, at).toString('hex')
    key.fill(0)
    if (taken === undefined) break
    invariant(next !== undefined, 'the way to a counter leads through its bits')
    key = next
    at += taken
  }
  return { scheme, reader, roots, single }
}

function without(keys: Readonly<Record<string, string>>, counter: number): Record<string, string> {
  const { [counter]: _gone, ...rest } = keys
  return rest
}
