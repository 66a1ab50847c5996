import { argon2Sync, timingSafeEqual } from 'node:crypto'
import { hex, unhex } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { invariant } from '../outcome.ts'
import type { PinRecord } from '../staff/staff.ts'

const SALT_BYTES = 16
/** OWASP's smallest for Argon2id: 19 MiB and two passes, some 30 ms on a till. */
const COST = { memory: 19_456, passes: 2 } as const

type Cost = Pick<PinRecord, 'memory' | 'passes'>

/** What is kept of a new PIN. `cost` is for tests and simulations, which guess too often to pay the real one. */
export function keepPin(crypto: Pick<Crypto, 'randomBytes'>, pin: string, cost: Cost = COST): PinRecord {
  const salt = crypto.randomBytes(SALT_BYTES)
  return { salt: hex(salt), hash: digest(pin, salt, cost).toString('hex'), memory: cost.memory, passes: cost.passes }
}

/** Takes as long for a wrong PIN as for the right one. */
export function isPin(pin: string, { salt, hash, memory, passes }: PinRecord): boolean {
  const nonce = unhex(salt)
  const kept = unhex(hash)
  invariant(nonce !== undefined && kept?.length === TAG_BYTES, 'a PIN is kept as `pinRecord` says')
  return timingSafeEqual(digest(pin, nonce, { memory, passes }), kept)
}

const TAG_BYTES = 32
const digest = (pin: string, nonce: Uint8Array, { memory, passes }: Cost): Buffer =>
  argon2Sync('argon2id', { message: pin, nonce, parallelism: 1, tagLength: TAG_BYTES, memory, passes })
