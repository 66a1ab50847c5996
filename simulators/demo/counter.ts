import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#protocol/node/clock.ts'
import { benchLog, type BenchLog } from '../bench/log.ts'
import { startCable, type Cable } from '../bench/cable.ts'
import type { PrinterPort, ScannerPort } from '../bench/ports.ts'
import { startPrinter, type SimulatedPrinter } from '../device/printer.ts'
import { receiptSvg } from '../device/receipt-svg.ts'
import { startScanner, type SimulatedScanner } from '../device/scanner.ts'

/** The simulated hardware of one counter: a scanner and a printer on lines of their own, and the network cable. */
export type Counter = {
  readonly scanner: SimulatedScanner
  readonly printer: SimulatedPrinter
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
  const scanner = await startScanner({ linkAs: join(data, 'scanner'), pacing: 'pieces' })
  const printer = await startPrinter({ linkAs: join(data, 'printer') })
  const cable = await startCable({
    to: hub,
    onChange: changed,
  })
  printer.onReceipt(({ n }) => {
    log.add('printer', `Receipt ${n} came out.`)
    changed()
  })
  const bridgeConfig = join(data, 'bridge.json')
  const devices = [
    { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
    { id: 'printer-1', kind: 'printer', transport: printer.transport() },
  ]
  writeFileSync(bridgeConfig, JSON.stringify({ devices }, undefined, 2))
  return {
    scanner,
    printer,
    cable,
    log,
    bridgeConfig,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      scanner.close()
      printer.close()
      await cable.close()
    },
  }
}

/** The scanner as the bench's buttons press it. */
export function scannerPort({ scanner }: Counter, changed: () => void): ScannerPort {
  return {
    get plugged() {
      return scanner.plugged
    },
    scan: (text) => void scanner.scan(text, /^\d{13}$/.test(text) ? { aim: ']E0' } : {}),
    fault: (kind) => void scanner.fault(kind, '9520000000011'),
    plug: (plugged) => {
      if (plugged) void scanner.replug().then(changed)
      else scanner.unplug()
      changed()
    },
  }
}

export function printerPort({ printer }: Counter, changed: () => void): PrinterPort {
  return {
    get plugged() {
      return printer.plugged
    },
    get paper() {
      return printer.paper !== 'out'
    },
    get coverOpen() {
      return printer.coverOpen
    },
    get receipts() {
      return printer.receipts
    },
    receiptSvg: (n) => {
      const printed = printer.receipts.find((receipt) => receipt.n === n)
      return printed === undefined ? undefined : receiptSvg(printed.receipt)
    },
    setPaper: (paper) => {
      printer.setPaper(paper ? 'ok' : 'out')
      changed()
    },
    setCover: (open) => {
      printer.setCover(open)
      changed()
    },
    plug: (plugged) => {
      if (plugged) void printer.replug().then(changed)
      else printer.unplug()
      changed()
    },
  }
}
