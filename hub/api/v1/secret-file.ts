import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { invariant } from '#protocol/outcome.ts'

/** The secret that tokens, cursors and kept answers depend on: 32 bytes as hex, made at the first start. Whoever deletes the file ends all of them. */
export function secretKeptIn(path: string, fresh: () => Uint8Array): Uint8Array {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeDurably(path, `${hex(fresh())}\n`, 0o600)
  }
  const secret = unhex(readFileSync(path, 'utf8').trim())
  invariant(secret?.length === 32, `${path} is not a secret of 32 bytes`)
  return secret
}
