import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, dialog, ipcMain, Menu, protocol, session, type BrowserWindow } from 'electron'
import { systemTimers } from '#protocol/node/clock.ts'
import { showCustomerWindow } from './customer-windows.ts'
import { readLaunchOptions, type LaunchOptions } from './launch-options.ts'
import { allowOnlyTheCamera, cutOffNetwork } from './lockdown.ts'
import { registerPageScheme, servePages } from './page.ts'
import { superviseTill } from './processes.ts'
import { offerCustomerPort, offerScreenPort } from './screen-port.ts'
import { createWindowGate } from './window-gate.ts'
import { openTillWindow } from './window.ts'

/** This file runs as `.build/electron/main.js`, the same in the repository and in the package's archive. */
const BUILD = resolve(import.meta.dirname, '..')

/** Plain Node reads no archive: in the package what core and bridge need lies unpacked beside it, with the Node that runs them. */
const place = app.isPackaged
  ? { appRoot: join(process.resourcesPath, 'app.asar.unpacked'), node: join(process.resourcesPath, 'node') }
  : { appRoot: resolve(BUILD, '..'), node: resolve(BUILD, '../node_modules/node/bin') }

const log = (line: string) => void process.stderr.write(`${line}\n`)

function start(options: LaunchOptions): void {
  let window: BrowserWindow | undefined
  let coreState: 'up' | 'restarting' | undefined
  let ending: 'no' | 'stopping' | 'stopped' = 'no'
  const gate = createWindowGate({ kiosk: options.kiosk, tellScreen: () => screen.post({ type: 'leaving' }) })

  const screen = offerScreenPort(ipcMain, {
    onOpened() {
      if (coreState !== undefined) screen.post({ type: 'core', state: coreState })
      processes.screenOpened()
    },
    onCommand: (message) => processes.send(message),
    onRefused: log,
  })
  const customer = offerCustomerPort(ipcMain, {
    onOpened() {
      if (coreState !== undefined) customer.post({ type: 'core', state: coreState })
      processes.customerOpened()
    },
    onRefused: log,
  })
  const processes = superviseTill({
    nodePath: join(place.node, process.platform === 'win32' ? 'node.exe' : 'node'),
    appRoot: place.appRoot,
    dataDir: options.dataDir,
    bridgeConfig: options.bridgeConfig ?? ownBridgeConfig(options.dataDir),
    coreArgs: options.coreArgs,
    // In the repository the core beside this file is the one that somebody works on.
    programs: app.isPackaged || options.feed !== undefined ? { home: join(options.dataDir, 'programs'), feed: options.feed } : undefined,
    timers: systemTimers,
    log,
    onScreen(message) {
      gate.told(message)
      screen.post(message)
    },
    onCustomer: (message) => customer.post(message),
    onState(state) {
      coreState = state
      gate.told({ type: 'core', state })
      screen.post({ type: 'core', state })
      customer.post({ type: 'core', state })
    },
  })

  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('window-all-closed', () => app.quit())
  app.on('before-quit', (event) => {
    if (ending === 'stopped') return
    event.preventDefault()
    if (ending === 'stopping') return
    ending = 'stopping'
    void processes.stop().then(() => {
      ending = 'stopped'
      app.quit()
    })
  })

  void app.whenReady().then(() => {
    Menu.setApplicationMenu(null)
    allowOnlyTheCamera(session.defaultSession)
    cutOffNetwork(session.defaultSession)
    servePages(session.defaultSession, { till: join(BUILD, 'pages', 'till'), customer: join(BUILD, 'pages', 'customer-display') })
    const devtools = options.devtools ? 'open' : app.isPackaged ? 'off' : 'available'
    const page = { kiosk: options.kiosk, devtools, timers: systemTimers, log } as const
    window = openTillWindow({ ...page, preload: join(import.meta.dirname, 'preload.cjs'), mayClose: () => ending !== 'no' || gate.mayClose() })
    const customers = showCustomerWindow({ ...page, preload: join(import.meta.dirname, 'customer-preload.cjs'), always: options.customerDisplay })
    // The customer's window lives no longer than the till's: the last one to close ends the program.
    window.on('closed', () => customers.close())
  })
}

/** A till fresh from its box has no devices yet. */
function ownBridgeConfig(dataDir: string): string {
  const file = join(dataDir, 'bridge.json')
  if (!existsSync(file)) writeFileSync(file, '{ "devices": [] }\n')
  return file
}

function launch(): void {
  const options = readLaunchOptions(process.argv.slice(1), process.env, app.getPath('userData'))
  if (app.isPackaged && !options.devtools) {
    app.commandLine.removeSwitch('remote-debugging-port')
    app.commandLine.removeSwitch('remote-debugging-pipe')
  }
  // Chromium's own files go below the till's data, and with them the lock: one program for each till.
  const chromiumData = join(options.dataDir, 'window')
  mkdirSync(chromiumData, { recursive: true, mode: 0o700 })
  app.setPath('userData', chromiumData)

  registerPageScheme(protocol)
  if (app.requestSingleInstanceLock()) return start(options)
  log(`This till is running already (${options.dataDir}).`)
  app.exit(0)
}

try {
  launch()
} catch (error) {
  // Such as a folder that cannot be written: there is nothing of a till to show yet.
  dialog.showErrorBox('Stillpoint cannot start', error instanceof Error ? error.message : String(error))
  app.exit(1)
}
