import type { ErrorCode } from '#protocol/errors.ts'
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
  /** Drops the report when the line is down or is not HID. */
  sendFeature(bytes: Uint8Array): void
  /** Lets go of the line, tells nothing of it, and opens it again after `pause` at the earliest. */
  cut(pause: DurationMs): void
  close(): void
}

export interface KeptLineListener extends Omit<LineListener, 'closed'> {
  opened(): void
  /** `code`: why it could not be opened; a line that was lost is absent. */
  closed(why: string, code: ErrorCode): void
}

/**
 * Keeps a transport open for as long as the process lives: opens it, and opens it again whenever it closes. `closed` is also called when the
 * first try fails and when the reason changes, so that health can say why a device is absent.
 */
export function keepOpen(transport: Transport, timers: Timers, listener: KeptLineListener): KeptLine {
  let line: OpenLine | undefined
  /** Of the try or the line that counts; what an earlier one still says is not heard. */
  let current = 0
  let retryIn = FIRST_RETRY
  let cancelRetry = () => {}
  let cancelSettled = () => {}
  let lastWhy: string | undefined

  const openAfter = (pause: DurationMs) => {
    line = undefined
    current++
    cancelSettled()
    cancelRetry()
    cancelRetry = timers.after(pause, () => void open())
  }
  const retry = (why: string, code: ErrorCode) => {
    openAfter(retryIn)
    retryIn = Math.min(2 * retryIn, LAST_RETRY)
    if (why !== lastWhy) listener.closed(why, code)
    lastWhy = why
  }
  const open = async () => {
    const mine = ++current
    const opened = await transport.open({
      // What a line that was let go of still brings may be a card.
      bytes: (bytes) => (mine === current ? listener.bytes(bytes) : void bytes.fill(0)),
      closed: (why) => mine === current && retry(why, 'device.absent'),
    })
    if (mine !== current) return opened.ok && opened.value.close()
    if (!opened.ok) return retry(opened.detail ?? opened.code, opened.code)
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
    sendFeature: (bytes) => line?.sendFeature?.(bytes),
    cut(pause) {
      const cut = line
      openAfter(pause)
      cut?.close()
    },
    close() {
      const last = line
      line = undefined
      current++
      cancelRetry()
      cancelSettled()
      last?.close()
    },
  }
}
