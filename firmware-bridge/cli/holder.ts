import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'

export type Holder = { readonly pid: number; readonly command: string }

/**
 * All who have a device open, by looking at the open files of every process that may be looked at (Linux; none elsewhere). Processes of other
 * users show theirs to root only.
 */
export function holdersOf(path: string): readonly Holder[] {
  if (process.platform !== 'linux') return []
  const target = attempt(() => realpathSync(path))
  if (target === undefined) return []
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const hasIt = (pid: string) =>
    attempt(() => readdirSync(`/proc/${pid}/fd`))?.some((file) => attempt(() => readlinkSync(`/proc/${pid}/fd/${file}`)) === target)
  return processes.filter(hasIt).map((pid) => ({ pid: Number(pid), command: attempt(() => commandOf(pid)) ?? '?' }))
}

/** Its program and script; what follows may be a secret. */
const commandOf = (pid: string): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ').trim()

/** Processes come and go while they are looked at. */
function attempt<Value>(look: () => Value): Value | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
