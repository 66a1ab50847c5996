import type { ToScreen } from '#protocol/till-api/api.ts'
import type { Carrier } from './carrier.ts'
import { keepDialling, type Line } from './dialling.ts'

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

/** A WebSocket that is opened again for ever. While it is down the listener has been told `restarting`, once for each outage. */
export function socketCarrier({ dial, timers, onShutOut }: Pick<Line, 'dial' | 'timers' | 'onShutOut'>): Carrier {
  let open: { send(text: string): void } | undefined

  return {
    send(message) {
      open?.send(JSON.stringify(message))
      return open !== undefined
    },
    onMessage(listener) {
      const hangUp = keepDialling({
        dial,
        timers,
        onShutOut,
        opened(socket) {
          open = socket
        },
        text(text) {
          const message = readMessage(text)
          if (message !== undefined) listener(message)
          return message !== undefined
        },
        closed() {
          open = undefined
        },
        down: () => listener({ type: 'core', state: 'restarting' }),
      })
      return () => {
        open = undefined
        hangUp()
      }
    },
  }
}
