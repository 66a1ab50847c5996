import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { unhex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { mqttAccess } from '#protocol/hub/messages.ts'
import { ID_PATTERN } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import type { TillIdentity } from './ports.ts'
import { StoreError } from './store.ts'

/**
 * Who this till is: its key, the root that it trusts, how it reaches its hub. In a file of its own, readable by the till's account only, and
 * apart from the journal, so that a journal can be copied for an auditor without the key going along.
 */
const file = z.strictObject({
  v: z.literal(1),
  till: z.string().regex(ID_PATTERN),
  name: z.string().min(1).max(200),
  seed: z.string().regex(/^[0-9a-f]{64}$/),
  rootPublicKey: z.string().regex(/^[0-9a-f]{64}$/),
  certificate: z.string(),
  mqtt: mqttAccess,
  /** Keys that it signed with before this one (`key-rotation.ts`), oldest first: what they signed, and what has to be said again as they said it, is still its own. */
  former: z
    .array(z.strictObject({ seed: z.string().regex(/^[0-9a-f]{64}$/), until: z.int().positive() }))
    .max(100)
    .optional(),
})
export type IdentityFile = z.infer<typeof file>

const pathOf = (data: string): string => join(data, 'identity.json')

/** Undefined when this till was never enrolled. Throws StoreError when the file is there but not readable as one: that needs a person. */
export function readIdentity(data: string): IdentityFile | undefined {
  if (!existsSync(pathOf(data))) return undefined
  try {
    return file.parse(JSON.parse(readFileSync(pathOf(data), 'utf8')))
  } catch (error) {
    throw new StoreError('till.journal_corrupt', error)
  }
}

/** Whole or not at all, and for this account only. */
export function writeIdentity(data: string, identity: IdentityFile): void {
  mkdirSync(data, { recursive: true })
  writeDurably(pathOf(data), JSON.stringify(identity), 0o600)
}

export function identityOf({ till, name, seed, rootPublicKey, former = [] }: IdentityFile): TillIdentity {
  const root = unhex(rootPublicKey)
  invariant(root !== undefined, 'the identity file was validated')
  return { till, name, signer: signerOf(seed), rootPublicKey: root, former: former.map((key) => ({ signer: signerOf(key.seed), until: key.until })) }
}

export function signerOf(seed: string): Signer {
  const bytes = unhex(seed)
  invariant(bytes !== undefined, 'the identity file was validated')
  return signerFromSeed(bytes)
}
