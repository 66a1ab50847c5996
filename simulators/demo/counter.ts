import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs } from '#protocol/time.ts'
import { startCable, type Cable } from '../bench/cable.ts'
import { benchLog, type BenchLog } from '../bench/log.ts'
import { startCamera } from '../device/camera.ts'
import { startCardReader } from '../device/card-reader.ts'
import { startDisplay } from '../device/display.ts'
import { startHidScanner } from '../device/hid-scanner.ts'
import { startPrinter } from '../device/printer.ts'
import { startScale } from '../device/scale.ts'
import { startScanner } from '../device/scanner.ts'

export type Devices = Awaited<ReturnType<typeof startDevices>>

/** The simulated hardware of one counter, each device on a line of its own, and the network cable. */
export type Counter = Devices & {
  readonly cable: Cable
  readonly log: BenchLog
  /** What the bridge has to be told to find them. */
  readonly bridgeConfig: string
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

export async function setUpCounter(data: string, hub: { readonly host: string; readonly port: number }): Promise<Counter> {
  const listeners = new Set<() => void>()
  const log = benchLog(systemClock)
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const devices = await startDevices(data)
  const cable = await startCable({ to: hub, onChange: changed })
  tellOf(devices, log, changed)
  const stopWatching = watchScale(devices.scale, changed)
  const bridgeConfig = join(data, 'bridge.json')
  writeFileSync(bridgeConfig, JSON.stringify({ devices: configOf(devices) }, undefined, 2))
  return {
    ...devices,
    cable,
    log,
    bridgeConfig,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      stopWatching()
      for (const device of Object.values(devices)) device.close()
      await cable.close()
    },
  }
}

/**
 * How the USB devices reach the bridge. A device of the kernel would come back under another path whenever somebody plugs it in again; over TCP it
 * stays where the bridge was told that it is.
 */
const USB = 'tcp'

const SCALE = { protocol: 'toledo-8217', unit: 'kg' } as const
const DISPLAY = { protocol: 'escpos' } as const
const HID_SCANNER = { model: 'zebra' } as const
const CARD_READER = { model: 'magtek', key: 'pin' } as const

async function startDevices(data: string) {
  const linkAs = (name: string) => ({ linkAs: join(data, name) })
  return {
    scanner: await startScanner({ ...linkAs('scanner'), pacing: 'pieces' }),
    hidScanner: await startHidScanner({ ...HID_SCANNER, kind: USB }),
    cardReader: await startCardReader({ ...CARD_READER, encrypted: true, kind: USB }),
    printer: await startPrinter(linkAs('printer')),
    scale: await startScale({ ...SCALE, ...linkAs('scale') }),
    display: await startDisplay({ ...DISPLAY, ...linkAs('display') }),
    camera: await startCamera(),
  }
}

/** As firmware-bridge/config.ts reads it. */
const configOf = ({ scanner, hidScanner, cardReader, printer, scale, display, camera }: Devices) => [
  { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
  { id: 'scanner-2', kind: 'scanner', ...HID_SCANNER, transport: hidScanner.transport() },
  { id: 'card-reader-1', kind: 'card_reader', ...CARD_READER, transport: cardReader.transport() },
  { id: 'printer-1', kind: 'printer', transport: printer.transport() },
  { id: 'scale-1', kind: 'scale', ...SCALE, transport: scale.transport() },
  { id: 'display-1', kind: 'display', ...DISPLAY, transport: display.transport() },
  { id: 'camera-1', kind: 'camera', transport: camera.transport() },
]

function tellOf({ printer, display }: Devices, log: BenchLog, changed: () => void): void {
  printer.onReceipt(({ n }) => {
    log.add('printer', `Receipt ${n} came out`)
    changed()
  })
  printer.onDrawer((open) => {
    log.add('drawer', open ? 'Drawer came open' : 'Drawer was pushed shut')
    changed()
  })
  display.onChange(changed)
}

/** As often as a person can read figures that move. */
const LOOK: DurationMs = 90

/** A pan that swings changes without anybody telling. */
function watchScale(scale: Devices['scale'], changed: () => void): () => void {
  let seen = ''
  let cancel = (): void => {}
  const look = (): void => {
    const { state, milli } = scale.view()
    const now = `${state} ${milli} ${scale.tareMilli}`
    if (now !== seen) changed()
    seen = now
    cancel = systemTimers.after(LOOK, look)
  }
  look()
  return () => cancel()
}
