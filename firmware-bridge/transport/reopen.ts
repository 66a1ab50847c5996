import type { DurationMs, Timers } from '#protocol/time.ts'
import type { LineListener, OpenLine, Transport } from './transport.ts'

/** Between tries to open: short at first, so that plugging in feels immediate; then slow enough to cost nothing. */
export const FIRST_RETRY: DurationMs = 100
export const LAST_RETRY: DurationMs = 1000

/** A device that takes nothing any more must not fill the memory: past this the line is given up and opened afresh. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024

export interface KeptLine {
  /** Drops the bytes when the line is down. */
  write(bytes: Uint8Array): void
  close(): void
}

export interface KeptLineListener extends LineListener {
  opened(): void
}

/**
 * Keeps a transport open for as long as the process lives: opens it, and opens it again whenever it closes. `closed` is also called when the
 * first try fails and when the reason changes, so that health can say why a device is absent.
 */
export function keepOpen(transport: Transport, timers: Timers, listener: KeptLineListener): KeptLine {
  let line: OpenLine | undefined
  let retryIn = FIRST_RETRY
  let cancelRetry = () => {}
  let cancelSettled = () => {}
  let lastWhy: string | undefined
  let ended = false

  const retry = (why: string) => {
    line = undefined
    cancelSettled()
    if (ended) return
    if (why !== lastWhy) listener.closed(why)
    lastWhy = why
    cancelRetry = timers.after(retryIn, () => void open())
    retryIn = Math.min(2 * retryIn, LAST_RETRY)
  }
  const open = async () => {
    const opened = await transport.open({ bytes: (bytes) => !ended && listener.bytes(bytes), closed: retry })
    if (!opened.ok) return retry(opened.detail ?? opened.code)
    if (ended) return opened.value.close()
    line = opened.value
    // A device that takes the call and hangs up at once, again and again, is not open: only one that stays starts the count afresh.
    cancelSettled = timers.after(LAST_RETRY, () => (retryIn = FIRST_RETRY))
    lastWhy = undefined
    listener.opened()
  }
  void open()

  return {
    write(bytes) {
      line?.write(bytes)
      if (line && line.waiting() > MAX_WAITING_BYTES) line.close()
    },
    close() {
      ended = true
      cancelRetry()
      cancelSettled()
      line?.close()
    },
  }
}
