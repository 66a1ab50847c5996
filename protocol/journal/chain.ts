import { concat } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'

/** Before the first entry of an epoch. Till and epoch are inside every entry's bytes, so two chains never share a hash. */
export const GENESIS: Uint8Array = new Uint8Array(32)

/** Hash of an entry: SHA-256 over the previous entry's hash and the exact stored bytes. */
export const chainHash = (crypto: Pick<Crypto, 'sha256'>, previous: Uint8Array, bytes: Uint8Array): Uint8Array => crypto.sha256(concat(previous, bytes))
