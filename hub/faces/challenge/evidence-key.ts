import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hex, unhex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { freshSeed, signerFromSeed } from '#protocol/node/crypto.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { invariant } from '#protocol/outcome.ts'

/** The face service's own key, made there: it signs what a challenge showed (`sp.face`), and nothing else. */
export function evidenceSigner(folder: string): Signer {
  const path = join(folder, 'evidence.key')
  if (!existsSync(path)) writeDurably(path, hex(freshSeed()), 0o600)
  const seed = unhex(readFileSync(path, 'utf8').trim())
  invariant(seed?.length === 32, `${path} has 32 bytes in hex`)
  return signerFromSeed(seed)
}
