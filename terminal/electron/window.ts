import { BrowserWindow } from 'electron'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { stayOnThePage } from './lockdown.ts'
import { PAGE_URL } from './page.ts'

/** Long enough that a page which dies at once does not keep the machine from everything else. */
const RELOAD_PAUSE: DurationMs = SECOND

export type WindowOptions = {
  readonly preload: string
  readonly kiosk: boolean
  readonly devtools: 'off' | 'available' | 'open'
  readonly timers: Timers
  log(line: string): void
  /** Asked when the person in front of it closes it: false keeps it open. Once the program itself ends, it is not asked any more. */
  mayClose(): boolean
}

/** The till's only window. A page that crashes is loaded again: core and basket live elsewhere. */
export function openTillWindow({ preload, kiosk, devtools, timers, log, mayClose }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 800,
    minHeight: 600,
    show: false,
    title: 'Stillpoint',
    autoHideMenuBar: true,
    kiosk,
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
  stayOnThePage(window.webContents)
  window.once('ready-to-show', () => window.show())
  window.on('close', (event) => {
    if (!mayClose()) event.preventDefault()
  })

  const load = () => window.loadURL(PAGE_URL).catch((error: unknown) => log(`the page could not be loaded: ${String(error)}`))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log(`the page’s process ended (${reason}); it is loaded again`)
    timers.after(RELOAD_PAUSE, () => {
      if (!window.isDestroyed()) void load()
    })
  })
  void load()
  if (devtools === 'open') window.webContents.openDevTools({ mode: 'detach' })
  return window
}
