import type { ToScreen, View } from '#protocol/till-api/api.ts'
import { reasonsToStay } from '#protocol/till-api/leaving.ts'

export type WindowGate = {
  /** What the screen is told. */
  told(message: ToScreen): void
  /** Whether the person at the window may close it now. When payments keep it open, the screen says so. */
  mayClose(): boolean
}

/**
 * The gate before a closing window, read off the last view. A kiosk is never closed by whoever stands before it. A core that is away keeps no
 * window open: closing it and starting anew is then the way out, and the journal waits on the disk.
 */
export function createWindowGate({ kiosk, tellScreen }: { readonly kiosk: boolean; tellScreen(): void }): WindowGate {
  let view: View | undefined
  return {
    told(message) {
      if (message.type === 'view') view = message.view
      else if (message.type === 'core' && message.state === 'restarting') view = undefined
    },
    mayClose() {
      if (kiosk) return false
      const stays = view !== undefined && reasonsToStay(view).length > 0
      if (stays) tellScreen()
      return !stays
    },
  }
}
