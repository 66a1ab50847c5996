import type { DurationMs, Timers } from '#protocol/time.ts'

const FIRST_RETRY: DurationMs = 250
const LONGEST_RETRY: DurationMs = 5000

/** Pause before attempt `failures + 1`: doubles from a quarter of a second to five seconds. No jitter: a loopback has one screen. */
export const retryDelay = (failures: number): DurationMs => Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures, 16))

/** So many attempts that never opened are no accident: the page came from the core that now refuses it. */
const SHUT_OUT_AFTER = 3

/** One connection attempt. `send` is called only between `opened` and `closed`; `closed` comes exactly once. */
export type Dial = (on: { opened(): void; text(text: string): void; closed(): void }) => { send(text: string): void; close(): void }

/** A WebSocket of the browser, dialled once at each call. */
export const dialTo =
  (address: string): Dial =>
  (on) => {
    const socket = new WebSocket(address)
    socket.addEventListener('open', () => on.opened())
    socket.addEventListener('message', (event) => typeof event.data === 'string' && on.text(event.data))
    socket.addEventListener('close', () => on.closed())
    return socket
  }

export type Line = {
  readonly dial: Dial
  readonly timers: Timers
  opened?(socket: { send(text: string): void }): void
  /** False: it was no message, and proves nothing. */
  text(text: string): boolean
  /** Once for each outage. */
  down(): void
  closed?(): void
  /** Called once when several attempts failed and none ever opened, as with the token of an earlier launch. Dialling goes on. */
  onShutOut(): void
}

/** A WebSocket that is opened again for ever. Returns a function that hangs up. */
export function keepDialling({ dial, timers, ...on }: Line): () => void {
  let failures = 0
  let told = false
  let wasOpen = false
  let stopped = false
  let cancelRetry = () => {}
  let socket: ReturnType<Dial> | undefined

  const attempt = () => {
    const current: ReturnType<Dial> = dial({
      opened() {
        wasOpen = true
        on.opened?.(current)
      },
      text(text) {
        // Only a message proves that somebody answers: a server that accepts and hangs up must not be dialled in a tight loop.
        if (!on.text(text)) return
        failures = 0
        told = false
      },
      closed() {
        if (stopped) return
        on.closed?.()
        if (!told) on.down()
        told = true
        cancelRetry = timers.after(retryDelay(failures), attempt)
        failures += 1
        if (!wasOpen && failures === SHUT_OUT_AFTER) on.onShutOut()
      },
    })
    socket = current
  }
  attempt()

  return () => {
    stopped = true
    cancelRetry()
    socket?.close()
  }
}
