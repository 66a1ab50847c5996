import { z } from 'zod'
import { epochMs, id } from '../journal/entry.ts'

/**
 * A till sends, over `up`, the key of an address that its journal has only as ciphertext (`receipt.requested`), sealed to the hub's export key
 * (`node/sealed-address.ts`). Apart from the journal, because that is kept for ever and this key is not: whoever destroys it has erased the address in every
 * copy. Sent again until the hub has answered.
 */
export const addressKeySchema = z.strictObject({
  v: z.literal(1),
  till: id,
  requestId: id,
  key: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_-]*$/),
})

/** The hub's answer, over `down/addressed`: it has the key, or has no use for it. The till destroys its own. */
export const addressedSchema = z.strictObject({ v: z.literal(1), till: id, requestId: id, hubTime: epochMs })
