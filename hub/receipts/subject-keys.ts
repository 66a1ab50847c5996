import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { isId, type Id } from '#protocol/ids.ts'

/** The keys of what is known about people, one for each thing that was learnt: whoever destroys one has erased that, wherever its ciphertext lies. */
export interface SubjectKeys {
  /** Durable when it returns. */
  keep(id: Id, key: Uint8Array): void
  get(id: Id): Uint8Array | undefined
  ids(): readonly Id[]
  destroy(id: Id): void
}

/** One small file for each, apart from the database, so that a backup of that has none of them. */
export function subjectKeysIn(folder: string): SubjectKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pathOf = (id: Id): string => join(folder, `${id}.key`)
  return {
    keep: (id, key) => writeDurably(pathOf(id), hex(key), 0o600),
    get: (id) => (isId(id) && existsSync(pathOf(id)) ? unhex(readFileSync(pathOf(id), 'utf8')) : undefined),
    ids: () => readdirSync(folder).flatMap((name) => (name.endsWith('.key') && isId(name.slice(0, -4)) ? [name.slice(0, -4)] : [])),
    destroy(id) {
      if (!isId(id) || !existsSync(pathOf(id))) return
      // A disk that writes in place has nothing of it then; one that does not is beyond any program.
      writeDurably(pathOf(id), '0'.repeat(64), 0o600)
      rmSync(pathOf(id))
      syncFolder(folder)
    },
  }
}
