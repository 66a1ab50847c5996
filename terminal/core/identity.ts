import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { unhex } from '#protocol/bytes.ts'
import { mqttAccess } from '#protocol/hub/messages.ts'
import { ID_PATTERN } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
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

/** Whole or not at all: written beside, fsynced, then renamed over. */
export function writeIdentity(data: string, identity: IdentityFile): void {
  mkdirSync(data, { recursive: true })
  const beside = `${pathOf(data)}.new`
  const handle = openSync(beside, 'w', 0o600)
  writeSync(handle, JSON.stringify(identity))
  fsyncSync(handle)
  closeSync(handle)
  renameSync(beside, pathOf(data))
  if (process.platform === 'win32') return
  const folder = openSync(dirname(pathOf(data)), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

export function identityOf({ till, name, seed, rootPublicKey }: IdentityFile): TillIdentity {
  const seedBytes = unhex(seed)
  const root = unhex(rootPublicKey)
  invariant(seedBytes !== undefined && root !== undefined, 'the identity file was validated')
  return { till, name, signer: signerFromSeed(seedBytes), rootPublicKey: root }
}
