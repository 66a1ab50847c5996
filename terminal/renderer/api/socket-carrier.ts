import type { ToScreen } from '#protocol/till-api/api.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { Carrier } from './carrier.ts'

const FIRST_RETRY: DurationMs = 250
const LONGEST_RETRY: DurationMs = 5000

/** Pause before attempt `failures + 1`: doubles from a quarter of a second to five seconds. No jitter: a loopback has one screen. */
export const retryDelay = (failures: number): DurationMs => Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures, 16))

/** So many attempts that never opened are no accident: the page came from the core that now refuses it. */
const SHUT_OUT_AFTER = 3

/** One connection attempt. `send` is called only between `opened` and `closed`; `closed` comes exactly once. */
export type Dial = (on: { opened(): void; text(text: string): void; closed(): void }) => { send(text: string): void; close(): void }

const types: ReadonlySet<unknown> = new Set<ToScreen['type']>(['catalogue', 'found', 'view', 'outcome', 'core', 'leaving'])

/**
 * Undefined for anything that is not a message. The sender is this till's own core behind a launch token, built from the same
 * source; so only the envelope is looked at, and the schema library stays out of the page.
 */
export function readMessage(text: string): ToScreen | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'type' in value && types.has(value.type) ? (value as ToScreen) : undefined
  } catch {
    return undefined
  }
}

type Parts = {
  readonly dial: Dial
  readonly timers: Timers
  /** Called once when several attempts failed and none ever opened, as with the token of an earlier launch. Dialling goes on. */
  onShutOut(): void
}

/** A WebSocket that is opened again for ever. While it is down the listener has been told `restarting`, once for each outage. */
export function socketCarrier({ dial, timers, onShutOut }: Parts): Carrier {
  let open: { send(text: string): void } | undefined

  return {
    send(message) {
      open?.send(JSON.stringify(message))
      return open !== undefined
    },
    onMessage(listener) {
      let failures = 0
      let told = false
      let wasOpen = false
      let stopped = false
      let cancelRetry = () => {}
      let socket: ReturnType<Dial> | undefined

      const attempt = () => {
        const current: ReturnType<Dial> = dial({
          opened() {
            open = current
            wasOpen = true
          },
          text(text) {
            const message = readMessage(text)
            if (message === undefined) return
            // Only a message proves that somebody answers: a server that accepts and hangs up must not be dialled in a tight loop.
            failures = 0
            told = false
            listener(message)
          },
          closed() {
            if (stopped) return
            open = undefined
            if (!told) listener({ type: 'core', state: 'restarting' })
            told = true
            cancelRetry = timers.after(retryDelay(failures), attempt)
            failures += 1
            if (!wasOpen && failures === SHUT_OUT_AFTER) onShutOut()
          },
        })
        socket = current
      }
      attempt()

      return () => {
        stopped = true
        open = undefined
        cancelRetry()
        socket?.close()
      }
    },
  }
}
