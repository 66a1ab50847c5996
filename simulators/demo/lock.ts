import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Two shops on one folder would fight for its files: the first one holds it. Returns how to let go; throws a sentence for the person. */
export function holdFolder(data: string): () => void {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const path = join(data, 'shop.pid')
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error
      const holder = Number(readFileSync(path, 'utf8'))
      if (isAlive(holder))
        throw new Error(`Another demo shop (process ${holder}) uses ${data}. Stop it, or start this one with --data and another folder.`, { cause: error })
      rmSync(path, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return Number.isSafeInteger(pid) && pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
