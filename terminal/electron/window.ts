import { BrowserWindow, type BrowserWindowConstructorOptions, type Display } from 'electron'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { stayOnThePage } from './lockdown.ts'
import { pageUrl, type PageHost } from './page.ts'

/** Long enough that a page which dies at once does not keep the machine from everything else. */
const RELOAD_PAUSE: DurationMs = SECOND

type PageOptions = {
  readonly preload: string
  readonly devtools: 'off' | 'available' | 'open'
  readonly timers: Timers
  log(line: string): void
}

export type WindowOptions = PageOptions & {
  readonly kiosk: boolean
  /** Asked when the person in front of it closes it: false keeps it open. Once the program itself ends, it is not asked any more. */
  mayClose(): boolean
}

/** The cashier's window. */
export function openTillWindow({ kiosk, mayClose, ...page }: WindowOptions): BrowserWindow {
  const window = openPage('till', page, { width: 1280, height: 800, minWidth: 800, minHeight: 600, title: 'Stillpoint', kiosk })
  window.on('close', (event) => {
    if (!mayClose()) event.preventDefault()
  })
  if (page.devtools === 'open') window.webContents.openDevTools({ mode: 'detach' })
  return window
}

export type CustomerWindowOptions = PageOptions & {
  /** The display that it fills; a window like any other where that is missing. */
  readonly display: Display | undefined
  readonly kiosk: boolean
}

/** The customer's window: behind the counter nobody works in it, so it never takes the focus from the cashier's. */
export function openCustomerWindow({ display, kiosk, ...page }: CustomerWindowOptions): BrowserWindow {
  return openPage('customer', page, {
    title: 'Stillpoint: customer',
    ...(display === undefined ? { width: 1024, height: 640, minWidth: 480, minHeight: 320 } : { ...display.bounds, frame: false, fullscreen: true, kiosk }),
  })
}

/** A locked-down window with one of our pages. A page that crashes is loaded again: core and basket live elsewhere. */
function openPage(host: PageHost, { preload, devtools, timers, log }: PageOptions, shape: BrowserWindowConstructorOptions): BrowserWindow {
  const window = new BrowserWindow({
    ...shape,
    show: false,
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      // A till in the background (another window in front for a moment) still draws the scan it gets.
      backgroundThrottling: false,
      devTools: devtools !== 'off',
    },
  })
  const url = pageUrl(host)
  stayOnThePage(window.webContents, url)
  window.once('ready-to-show', () => (host === 'till' ? window.show() : window.showInactive()))

  const load = () => window.loadURL(url).catch((error: unknown) => log(`the ${host}’s page could not be loaded: ${String(error)}`))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log(`the ${host}’s page’s process ended (${reason}); it is loaded again`)
    timers.after(RELOAD_PAUSE, () => {
      if (!window.isDestroyed()) void load()
    })
  })
  void load()
  return window
}
