import { z } from 'zod'
import { unbase64url } from '../bytes.ts'
import { epochMs, hash, id } from '../journal/entry.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import { decodeFingerprints, type DenyList } from './deny-list.ts'
import { denyListReference } from './bundle.ts'

/** More than tills have memory for. */
export const MAX_DENIED = 4_000_000
/** A delta that would change more is sent whole: it would not be shorter. */
export const MAX_CHANGED = 100_000

const fingerprints = z
  .string()
  .max(800_000)
  .refine((text) => unbase64url(text) !== undefined, 'base64url')

/**
 * Hub → till, over `down/deny`, signed by the policy key. `version`, `size` and `check` are of the list as it is after this. It is either what a till has
 * already, or what changed since `from`, or where the whole list is: in parts, named by their hashes, that are asked for like those of a catalogue and hold
 * fingerprints (`encodeFingerprints`) which follow those of the part before.
 */
export const denyMessageSchema = z.strictObject({
  v: z.literal(1),
  version: denyListReference.shape.version,
  size: denyListReference.shape.size,
  check: denyListReference.shape.check,
  issuedAt: epochMs,
  content: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('confirmed') }),
    z.strictObject({ type: z.literal('delta'), from: z.int().nonnegative(), added: fingerprints, removed: fingerprints }),
    z.strictObject({ type: z.literal('whole'), chunks: z.array(hash).max(1000) }),
  ]),
})
export type DenyMessage = z.infer<typeof denyMessageSchema>

/**
 * Till → hub, over `up`, signed by the till: what it has. The hub sends it what has changed in the deny list since `denied` (0: it has none, and needs all of
 * it), and lets go of the slices of the store's cap that older policies gave this till: one that is named here is on its disk, and it has no more at risk than
 * that allows.
 */
export const holdsSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  denied: z.int().nonnegative(),
  policy: z.strictObject({ version: z.int().positive(), issuedAt: epochMs }).optional(),
})
export type Holds = z.infer<typeof holdsSchema>

/** The list after a delta that was signed, applied to the one it says; fails when the result is not what was signed, which then has to be fetched whole. */
export function applyDelta(list: DenyList, message: DenyMessage): Outcome<DenyList, 'wire.malformed'> {
  if (message.content.type !== 'delta') return fail('wire.malformed', 'not a delta')
  const added = decoded(message.content.added)
  const removed = decoded(message.content.removed)
  if (!added.ok || !removed.ok) return fail('wire.malformed', 'fingerprints of a delta')
  const after = list.changed(added.value, removed.value)
  return after.size === message.size && after.check === message.check ? ok(after) : fail('wire.malformed', 'the delta does not lead to what was signed')
}

const decoded = (text: string): Outcome<Float64Array, 'wire.malformed'> => decodeFingerprints(unbase64url(text) ?? new Uint8Array(0), MAX_CHANGED)
