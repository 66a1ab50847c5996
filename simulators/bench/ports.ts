import type { Currency } from '#protocol/money.ts'
import type { Clock, EpochMs, Timers } from '#protocol/time.ts'
import type { BenchLinks, BenchProduct, PowerState, ScannerFault } from './contract.ts'
import type { BenchLog } from './log.ts'

/** What the launcher supplies, so that the bench itself starts, kills and owns nothing but its web server. */
export type BenchPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly shop: { readonly name: string; readonly currency: Currency }
  readonly products: readonly BenchProduct[]
  readonly scanner: ScannerPort
  readonly printer: PrinterPort
  readonly cable: CablePort
  readonly power: PowerPort
  readonly links: BenchLinks
  /** The hub's HTTP address, e.g. `http://127.0.0.1:7400`: the phone's own way to it, which the cable does not carry. */
  readonly hub: string
  /** What the till's display shows as a QR code for the phone; null when it asks for nothing. */
  tillRequest(): string | null
  /** Written by the launcher (processes that die and come back) and by the bench (what was pressed). */
  readonly log: BenchLog
  /** Calls back whenever something that these ports tell has changed; returns a function that stops it. */
  onChange(listener: () => void): () => void
}

export type ScannerPort = {
  readonly plugged: boolean
  /** Reads a barcode or QR code: the device sends its bytes. Unplugged, nothing happens. */
  scan(text: string): void
  fault(kind: ScannerFault): void
  plug(plugged: boolean): void
}

export type PrinterPort = {
  readonly plugged: boolean
  readonly paper: boolean
  readonly coverOpen: boolean
  /** Those that came out, newest last; `n` counts from 1 and names one for ever. */
  readonly receipts: readonly { readonly n: number; readonly at: EpochMs }[]
  /** Undefined for one that never was or was dropped. */
  receiptSvg(n: number): string | undefined
  setPaper(paper: boolean): void
  setCover(open: boolean): void
  plug(plugged: boolean): void
}

/** As `startCable` makes it. */
export type CablePort = { readonly pulled: boolean; pull(): void; plug(): void }

/** `cut` kills the till's core and its bridge at once (SIGKILL), as a power cut would; the supervisor brings them back. */
export type PowerPort = { readonly state: PowerState; cut(): void }
