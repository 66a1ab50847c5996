import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder } from '#protocol/node/durable-file.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Ends this till's life under its name: moves identity and journal into a folder of their own beside them, which it answers. Nothing is deleted. The
 * identity goes first: a journal without an identity is set aside at the next start, but an identity without its journal would begin to count anew.
 */
export function setAside(data: string, at: EpochMs): string {
  const stem = join(data, `set-aside-${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}`)
  let aside = stem
  for (let n = 2; existsSync(aside); n++) aside = `${stem}-${n}`
  mkdirSync(aside, { mode: 0o700 })
  const move = (names: readonly string[]): void => {
    for (const name of names) renameSync(join(data, name), join(aside, name))
    syncFolder(aside)
    syncFolder(data)
  }
  const names = readdirSync(data)
  move(names.filter((name) => name === 'identity.json'))
  move(names.filter((name) => name.startsWith('journal.')))
  return aside
}
