import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces a whole file, durably: after a crash it has either its old contents or these. `mode` as in chmod. */
export function writeDurably(path: string, text: string | Uint8Array, mode: number): void {
  const file = openSync(`${path}.new`, 'w', mode)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
  syncFolder(dirname(path))
}

/** A new name is durable once its folder is. Windows cannot open folders and needs not. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
