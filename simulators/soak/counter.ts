import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { FromBridge } from '#protocol/device/messages.ts'
import { startBridgeProcess, type BridgeProcess } from '../device/bridge-process.ts'
import { startCamera, type SimulatedCamera } from '../device/camera.ts'
import { startCardReader, type SimulatedCardReader } from '../device/card-reader.ts'
import { startDisplay, type SimulatedDisplay } from '../device/display.ts'
import { startHidScanner, type SimulatedHidScanner } from '../device/hid-scanner.ts'
import { startPrinter, type SimulatedPrinter } from '../device/printer.ts'
import { startScale, type SimulatedScale } from '../device/scale.ts'
import { startScanner, type SimulatedScanner } from '../device/scanner.ts'

/** Every device of a counter on a line of its own, and the real bridge in a process of its own that has them all. */
export type Counter = {
  readonly scanner: SimulatedScanner
  readonly hidScanner: SimulatedHidScanner
  readonly cardReader: SimulatedCardReader
  readonly printer: SimulatedPrinter
  readonly scale: SimulatedScale
  readonly display: SimulatedDisplay
  readonly camera: SimulatedCamera
  readonly bridge: BridgeProcess
  close(): Promise<void>
}

/** As the bridge is configured to call them. */
export const counterDevices = ['scanner', 'hid-scanner', 'card-reader', 'printer', 'scale', 'display', 'camera'] as const
export type CounterDevice = (typeof counterDevices)[number]

/**
 * Real pseudo-terminals where the system has them. Real HID, too, if `preload` names libumockdev-preload.so.0; else its reports go over TCP, and the
 * rest of the way is the same.
 */
export async function openCounter(folder: string, preload: string | undefined, onMessage: (message: FromBridge) => void): Promise<Counter> {
  const testbed = preload === undefined ? undefined : mkdtempSync(join(folder, 'testbed-'))
  const way = testbed === undefined ? ({ kind: 'tcp' } as const) : { testbed }
  const linkAs = (name: CounterDevice) => ({ linkAs: join(folder, name) })
  const [scanner, hidScanner, cardReader, printer, scale, display, camera] = await Promise.all([
    startScanner({ ...linkAs('scanner'), pacing: 'pieces' }),
    startHidScanner({ model: 'zebra', ...way }),
    startCardReader({ model: 'magtek', ...way }),
    startPrinter(linkAs('printer')),
    startScale({ ...linkAs('scale'), protocol: 'toledo-8217', unit: 'kg' }),
    startDisplay({ ...linkAs('display'), protocol: 'cd5220' }),
    startCamera(),
  ])
  const config: Readonly<Record<CounterDevice, object>> = {
    scanner: { kind: 'scanner', transport: scanner.transport() },
    'hid-scanner': { kind: 'scanner', transport: hidScanner.transport(), model: 'zebra' },
    'card-reader': { kind: 'card_reader', transport: cardReader.transport(), model: 'magtek' },
    printer: { kind: 'printer', transport: printer.transport() },
    scale: { kind: 'scale', transport: scale.transport(), protocol: 'toledo-8217', unit: 'kg' },
    display: { kind: 'display', transport: display.transport(), protocol: 'cd5220' },
    camera: { kind: 'camera', transport: camera.transport() },
  }
  const env = testbed === undefined || preload === undefined ? {} : { LD_PRELOAD: preload, UMOCKDEV_DIR: testbed }
  const bridge = await startBridgeProcess(folder, { devices: Object.entries(config).map(([id, device]) => ({ id, ...device })) }, { env, onMessage })
  return {
    scanner,
    hidScanner,
    cardReader,
    printer,
    scale,
    display,
    camera,
    bridge,
    async close() {
      bridge.kill('SIGTERM')
      await bridge.ended
      for (const device of [scanner, hidScanner, cardReader, printer, scale, display, camera]) device.close()
    },
  }
}
