import { screen, type BrowserWindow, type Display } from 'electron'
import { openCustomerWindow, type CustomerWindowOptions } from './window.ts'

export type CustomerWindows = { close(): void }

type Options = Omit<CustomerWindowOptions, 'display'> & {
  /** Also where there is no second display: as a window like any other. */
  readonly always: boolean
}

/** Keeps the customer's window on the second display for as long as there is one: it may be plugged in, and pulled out, at any time. */
export function showCustomerWindow({ always, ...options }: Options): CustomerWindows {
  let window: BrowserWindow | undefined
  let shownOn: number | undefined
  let isOver = false

  const close = () => {
    window?.destroy()
    window = undefined
  }
  const place = () => {
    const display = secondDisplay()
    if (isOver || (window !== undefined && display?.id === shownOn)) return
    close()
    if (display === undefined && !always) return
    shownOn = display?.id
    const opened = openCustomerWindow({ ...options, display })
    window = opened
    opened.on('closed', () => {
      if (window === opened) window = undefined
    })
  }
  screen.on('display-added', place)
  screen.on('display-removed', place)
  place()
  return {
    close() {
      isOver = true
      close()
    },
  }
}

/** The first one that the cashier's window is not on. */
function secondDisplay(): Display | undefined {
  const primary = screen.getPrimaryDisplay().id
  return screen.getAllDisplays().find(({ id }) => id !== primary)
}
