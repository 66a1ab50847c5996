import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'

/** Moves messages between this screen and the core: Electron's preload or a WebSocket. */
export interface Carrier {
  /** False when the message could not be handed over. Nothing is ever kept back to be sent later: a payment must not start by itself after a stall. */
  send(message: FromScreen): boolean
  /** Starts delivering. Returns a function that stops it. */
  onMessage(listener: (message: ToScreen) => void): () => void
}
