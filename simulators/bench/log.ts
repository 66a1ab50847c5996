import type { Clock } from '#protocol/time.ts'
import type { LogLine, LogSource } from './contract.ts'

export const LOG_LINES = 100
const MAX_TEXT = 300

/** What happened at the counter, in sentences. Bounded: the oldest lines go. Never the content of a payment code. */
export type BenchLog = {
  add(source: LogSource, text: string): void
  /** Newest first. */
  lines(): readonly LogLine[]
  onChange(listener: () => void): () => void
}

export function benchLog(clock: Clock): BenchLog {
  let kept: readonly LogLine[] = []
  let n = 0
  const listeners = new Set<() => void>()
  return {
    add(source, text) {
      kept = [{ n: ++n, at: clock.now(), source, text: text.slice(0, MAX_TEXT) }, ...kept].slice(0, LOG_LINES)
      for (const listener of listeners) listener()
    },
    lines: () => kept,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
