import { concat } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'

/** Before the first entry of an epoch. Till and epoch are inside every entry's bytes, so two chains never share a hash. */
export const GENESIS: Uint8Array = new Uint8Array(32)

/** Where most entries are put behind the hash before them: an array of its own for each would take longer to make than the hash of it. */
const scratch = new Uint8Array(16 * 1024)

/** Hash of an entry: SHA-256 over the previous entry's hash and the exact stored bytes. */
export function chainHash(crypto: Pick<Crypto, 'sha256'>, previous: Uint8Array, bytes: Uint8Array): Uint8Array {
  const length = previous.length + bytes.length
  if (length > scratch.length) return crypto.sha256(concat(previous, bytes))
  scratch.set(previous)
  scratch.set(bytes, previous.length)
  return crypto.sha256(scratch.subarray(0, length))
}
