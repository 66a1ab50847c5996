import { readFileSync } from 'node:fs'

/** What a process holds in memory. Linux; elsewhere 0: there no memory is measured. */
export function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
