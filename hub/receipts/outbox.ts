import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '#protocol/node/durable-file.ts'
import type { Id } from '#protocol/ids.ts'

/**
 * Where letters are handed over to whoever sends them. In two steps, so that each is handed over once whatever is killed between: a letter that is staged is not
 * out, and one that was staged and is not any more is.
 */
export interface Outbox {
  /** Durable when it returns. */
  stage(id: Id, letter: string): void
  /** Hands over what is staged; nothing where that was done before. */
  release(id: Id): void
  /** Whatever is still here of it. What was fetched already is not. */
  withdraw(id: Id): void
}

/**
 * A folder of RFC 5322 messages, `outbox/{request}.eml`, for a mail program that takes them from there (`sendmail -t < FILE`) and removes them. A file appears
 * whole, under its name, once.
 */
export function outboxIn(folder: string): Outbox {
  const staging = join(folder, 'staged')
  mkdirSync(staging, { recursive: true, mode: 0o700 })
  const staged = (id: Id): string => join(staging, `${id}.eml`)
  const out = (id: Id): string => join(folder, `${id}.eml`)
  return {
    stage: (id, letter) => writeDurably(staged(id), letter, 0o600),
    release(id) {
      if (!existsSync(staged(id))) return
      renameSync(staged(id), out(id))
      syncFolder(staging)
      syncFolder(folder)
    },
    withdraw(id) {
      for (const path of [staged(id), `${staged(id)}.new`, out(id)]) rmSync(path, { force: true })
      syncFolder(staging)
      syncFolder(folder)
    },
  }
}
