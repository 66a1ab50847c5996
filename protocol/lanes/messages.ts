import { z } from 'zod'
import { hex, utf8, utf8Text } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, verifySign1 } from '../cose.ts'
import type { Crypto, Signer } from '../crypto.ts'
import { isId, type Id } from '../ids.ts'
import { amount, id } from '../journal/entry.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/**
 * Lane to lane, over the store's edge: what the tills of one store tell each other so that a code pays one of them only and nobody spends a limit twice. Signed by
 * the till that says it (`sp.lane`, JSON); the broker between them can lose and delay these messages, and repeat old ones, and none of that costs money.
 *
 * `run` grows with each start of the till and `n` with each message of a run, so whoever hears knows what is old, what is repeated and what is missing. Who has
 * heard nothing of a till yet asks, with a nonce; only a `state` that answers it is known to be of now.
 *
 * Nobody is named in them: credentials and wallets are the first 16 bytes of hashes, which mean something only to a till that sees the same wallet.
 */
export const MAX_LANE_MESSAGE_BYTES = 256 * 1024
/** Of each list of a state. */
export const MAX_LANE_LIST = 2000
/** Tills of one store. */
export const MAX_LANES = 200

const mark = z.string().regex(/^[0-9a-f]{32}$/)
const nonce = z.string().regex(/^[0-9a-f]{32}$/)
const count = z.int().positive()
const total = z.tuple([id, amount])

export const laneSaysSchema = z.discriminatedUnion('kind', [
  /** Tell me how you stand. */
  z.strictObject({ kind: z.literal('ask'), nonce }),
  /** Everything that this till has to tell. `answers`: the nonces of who asked. */
  z.strictObject({
    kind: z.literal('state'),
    answers: z.array(nonce).max(MAX_LANES),
    /** Credentials that paid here lately, with the counter of their last code. */
    spent: z.array(z.tuple([mark, count])).max(MAX_LANE_LIST),
    /** What wallets owe here and the hub has not settled, in minor units. */
    exposure: z.array(z.tuple([mark, amount])).max(MAX_LANE_LIST),
    /** How much of its slice this till has ever given to each other one, and had of it. */
    given: z.array(total).max(MAX_LANES),
    had: z.array(total).max(MAX_LANES),
  }),
  /** A code was spent here just now. `exposureMinor`: what its wallet owes at this till with it. */
  z.strictObject({ kind: z.literal('spent'), credential: mark, counter: count, wallet: mark, exposureMinor: amount }),
  /** Wallets owe another sum here than was said before. */
  z.strictObject({ kind: z.literal('exposure'), wallets: z.array(z.tuple([mark, amount])).max(MAX_LANE_LIST) }),
  /** Copies of `of`'s entries are on the disk here up to this place. */
  z.strictObject({ kind: z.literal('kept'), of: id, epoch: count, n: count }),
  /** The hub has this till's entries safe up to this place: their copies may go. */
  z.strictObject({ kind: z.literal('safe'), epoch: count, n: z.int().nonnegative() }),
  /** This till runs out of what it may take alone, and needs so much more. */
  z.strictObject({ kind: z.literal('want'), amountMinor: amount }),
  /** How much this till has ever given to that one. It had written that down before it said so, and the sum only grows: said twice it gives nothing twice. */
  z.strictObject({ kind: z.literal('given'), to: id, totalMinor: amount }),
])
export type LaneSays = z.infer<typeof laneSaysSchema>

export const laneMessageSchema = z.strictObject({ v: z.literal(1), store: id, from: id, run: count, n: count, says: laneSaysSchema })
export type LaneMessage = z.infer<typeof laneMessageSchema>

export const encodeLaneMessage = (signer: Signer, message: LaneMessage): Uint8Array => sign1(signer, signedTypes.lane, utf8(JSON.stringify(message)))

type Reading<T> = Outcome<T, 'wire.malformed' | 'wire.bad_signature'>

/** Opens what another lane said. `keyOf`: the raw public key of a till of this store, undefined for everybody else. Total. */
export function readLaneMessage(crypto: Crypto, bytes: Uint8Array, keyOf: (till: Id) => Uint8Array | undefined): Reading<LaneMessage> {
  if (bytes.length > MAX_LANE_MESSAGE_BYTES) return fail('wire.malformed', 'a lane’s message is too large')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  const message = laneMessageSchema.safeParse(jsonOf(envelope.value.payload))
  if (!message.success) return fail('wire.malformed', 'a lane’s message')
  const key = keyOf(message.data.from)
  return key !== undefined && verifySign1(crypto, envelope.value, signedTypes.lane, key) ? ok(message.data) : fail('wire.bad_signature')
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(payload))
  } catch {
    return undefined
  }
}

/** The part of a credential's id or a wallet's pseudonym that lanes compare: 32 hex digits. The store's id is in it, so two stores cannot compare theirs. */
export const laneMark = (crypto: Pick<Crypto, 'sha256'>, store: Id, kind: 'credential' | 'wallet', name: string): string =>
  hex(crypto.sha256(utf8(`${store}/${kind}/${name}`)).subarray(0, 16))

// ---------------------------------------------------------------- copies of a journal's tail

/**
 * A piece of one till's journal for a neighbour to keep: consecutive entries of one epoch, as a signed batch sealed to the hub (`node/sealed-journal.ts`), which
 * the neighbour can neither read nor change. Signed by its till (`sp.copy`): CBOR `[1, store, from, to, epoch, first n, last n, sealed]`.
 */
export type PeerCopy = {
  readonly store: Id
  readonly from: Id
  readonly to: Id
  readonly epoch: number
  readonly firstN: number
  readonly lastN: number
  readonly sealed: Uint8Array
}

/** A batch of up to 640 KiB, its seal and its envelope. */
export const MAX_COPY_BYTES = 672 * 1024

export const encodePeerCopy = (signer: Signer, { store, from, to, epoch, firstN, lastN, sealed }: PeerCopy): Uint8Array =>
  sign1(signer, signedTypes.copy, toCbor([1, store, from, to, epoch, firstN, lastN, sealed]))

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1
const isTill = (value: unknown): value is Id => typeof value === 'string' && isId(value)

/** Total. */
export function readPeerCopy(crypto: Crypto, bytes: Uint8Array, keyOf: (till: Id) => Uint8Array | undefined): Reading<PeerCopy> {
  if (bytes.length > MAX_COPY_BYTES) return fail('wire.malformed', 'a copy is too large')
  const envelope = parseSign1(bytes)
  if (!envelope.ok) return envelope
  const payload = fromCbor(envelope.value.payload)
  if (!payload.ok || !Array.isArray(payload.value)) return fail('wire.malformed', 'a copy')
  const [version, store, from, to, epoch, firstN, lastN, sealed, ...more] = payload.value as unknown[]
  const shaped = version === 1 && isTill(store) && isTill(from) && isTill(to) && isCount(epoch) && isCount(firstN) && isCount(lastN) && more.length === 0
  if (!shaped || lastN < firstN || !(sealed instanceof Uint8Array)) return fail('wire.malformed', 'a copy')
  const key = keyOf(from)
  if (key === undefined || !verifySign1(crypto, envelope.value, signedTypes.copy, key)) return fail('wire.bad_signature')
  return ok({ store, from, to, epoch, firstN, lastN, sealed })
}
