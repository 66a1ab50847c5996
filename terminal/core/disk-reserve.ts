import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'

/** Enough for some dozens of commits: for what has begun, when the disk has filled up beside this till. */
const RESERVE_BYTES = 1024 * 1024

/**
 * A file of nothing beside the journal, given back when the disk is full: by then no new payment begins (`till.disk_nearly_full`), but one that is open
 * can still be ended. It is made again at the next start that finds room.
 */
export class DiskReserve {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    if (existsSync(path)) return
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, new Uint8Array(RESERVE_BYTES))
      fsyncSync(file)
      closeSync(file)
    } catch {
      // No room even for this: a file that was begun is not worth keeping.
      rmSync(path, { force: true })
    }
  }

  /** True when there was something to give back. */
  release(): boolean {
    if (!existsSync(this.#path)) return false
    rmSync(this.#path)
    return true
  }
}
