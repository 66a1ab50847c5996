import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import type { LineEvent } from './machine.ts'

/** What one device may have handled before every other gets its turn. A line of 921,600 baud brings a fifth of it in a millisecond. */
export const TURN_BYTES = 512
/** Above this a device is flooding: no serial line is so fast, and no scanner or reader on USB has so much to say. */
export const FLOOD_BYTES = 256 * 1024
/**
 * Messages to the till in the same time, such as scans of one character each. A quick hand scans three codes a second, a stuck trigger twenty, a camera
 * sees a few dozen; whoever sends more is no longer telling of things that somebody sells.
 */
export const FLOOD_REPORTS = 500
export const FLOOD_WINDOW: DurationMs = 1 * SECOND

export interface Inbox {
  add(event: LineEvent): void
  /** Forgets what was not handled yet, and overwrites it: it may be a card. */
  clear(): void
}

/**
 * Hands on what a line brings, in order: at once while the device is within its share, the rest in later turns of the event loop. `sliced`: the
 * bytes are a stream and may be cut anywhere (serial, TCP); an input report of HID stays whole.
 */
export function fairInbox(timers: Timers, sliced: boolean, take: (event: LineEvent) => void): Inbox {
  let waiting: LineEvent[] = []
  let spent = 0
  let nextTurn: (() => void) | undefined

  const work = () => {
    while (spent < TURN_BYTES) {
      const event = waiting.shift()
      if (!event) return
      spent += event.type === 'bytes' ? event.bytes.length : 1
      take(event)
    }
  }
  const schedule = () => {
    nextTurn ??= timers.after(0, () => {
      nextTurn = undefined
      spent = 0
      if (waiting.length > 0) schedule()
      work()
    })
  }
  return {
    add(event) {
      schedule()
      if (event.type !== 'bytes' || !sliced) waiting.push(event)
      else for (let at = 0; at < event.bytes.length; at += TURN_BYTES) waiting.push({ type: 'bytes', bytes: event.bytes.subarray(at, at + TURN_BYTES) })
      work()
    },
    clear() {
      for (const event of waiting) if (event.type === 'bytes') overwrite(event.bytes)
      waiting = []
      nextTurn?.()
      nextTurn = undefined
      spent = 0
    },
  }
}

/** For bytes that nobody will read. */
export const overwrite = (bytes: Uint8Array): void => void bytes.fill(0)

/** Counts up to `most` in each window, which begins with the first that it counts. */
export function rateLimit(timers: Timers, most: number, window: DurationMs): { exceeds(amount: number): boolean; close(): void } {
  let counted = 0
  let cancel: (() => void) | undefined
  return {
    exceeds(amount) {
      cancel ??= timers.after(window, () => {
        counted = 0
        cancel = undefined
      })
      counted += amount
      return counted > most
    },
    close: () => cancel?.(),
  }
}
