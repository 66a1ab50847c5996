import type { Clock } from '#protocol/time.ts'
import type { LogLine, LogSource } from './contract.ts'

export const LOG_LINES = 100
const MAX_TEXT = 300

/** What happened at the counter, in sentences. Bounded: the oldest lines go. Never the content of a payment code. */
export type BenchLog = {
  /** Lines of one `topic` that follow each other are one line, with the latest text: what a slider does is one thing. */
  add(source: LogSource, text: string, topic?: string): void
  /** Newest first. */
  lines(): readonly LogLine[]
  onChange(listener: () => void): () => void
}

export function benchLog(clock: Clock): BenchLog {
  let kept: readonly LogLine[] = []
  let n = 0
  let lastTopic: string | undefined
  const listeners = new Set<() => void>()
  return {
    add(source, text, topic) {
      const before = topic !== undefined && topic === lastTopic ? kept.slice(1) : kept
      lastTopic = topic
      kept = [{ n: ++n, at: clock.now(), source, text: text.slice(0, MAX_TEXT) }, ...before].slice(0, LOG_LINES)
      for (const listener of listeners) listener()
    },
    lines: () => kept,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
