import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'
import type { Carrier } from './carrier.ts'

/** What Electron's preload puts on `window.stillpoint`. */
export type Preload = {
  send(message: FromScreen): void
  onMessage(listener: (message: ToScreen) => void): () => void
}

declare global {
  interface Window {
    readonly stillpoint?: Preload
  }
}

export function preloadCarrier(preload: Preload): Carrier {
  return {
    send(message) {
      preload.send(message)
      return true
    },
    onMessage: (listener) => preload.onMessage(listener),
  }
}
