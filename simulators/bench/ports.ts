import type { Currency } from '#protocol/money.ts'
import type { Clock, EpochMs, Timers } from '#protocol/time.ts'
import type {
  BankMood,
  BenchCard,
  BenchDevice,
  BenchLinks,
  BenchPaper,
  BenchProduct,
  DeviceView,
  LaneCable,
  LaneView,
  PowerState,
  ScaleFigures,
  ScaleKey,
  TillKey,
} from './contract.ts'
import type { BenchLog } from './log.ts'

/** What the launcher supplies, so that the bench itself starts, kills and owns nothing but its web server. */
export type BenchPorts = CounterPorts & {
  readonly clock: Clock
  readonly timers: Timers
  readonly shop: { readonly name: string; readonly currency: Currency }
  readonly products: readonly BenchProduct[]
  readonly cable: CablePort
  readonly power: PowerPort
  /** All tills of the store, in a shop that has several. */
  readonly lanes: readonly LanePort[]
  /** Who says whether cards pay. */
  readonly bank: { readonly mood: BankMood; become(mood: BankMood): void }
  /** The bank where the hub has its account sends a statement of what was booked. */
  endBankDay(): void
  /** Kills the store's edge; it comes back. */
  killEdge(): void
  readonly till: TillPort
  readonly links: BenchLinks
  /** The hub's HTTP address, e.g. `http://127.0.0.1:7400`: the phone's own way to it, which the cable does not carry. */
  readonly hub: string
  /** What the till's display shows as a QR code for the phone; null when it asks for nothing. */
  tillRequest(): string | null
  /** The receipt of the sale that was just paid, as the till shows it to phones; null when it shows none. */
  tillReceipt(): string | null
  /** Written by the launcher (processes that die and come back) and by the bench (what was pressed). */
  readonly log: BenchLog
  /** Calls back whenever something that these ports tell has changed; returns a function that stops it. */
  onChange(listener: () => void): () => void
}

/** The devices of the counter, and what only one of them has. Unplugged ones take what is done to them and tell nobody. */
export type CounterPorts = {
  readonly devices: Readonly<Record<BenchDevice, PluggedPort>>
  readonly scanner: ReaderPort
  readonly hidScanner: ReaderPort
  readonly cardReader: CardReaderPort
  readonly printer: PrinterPort
  readonly drawer: DrawerPort
  readonly scale: ScalePort
  readonly display: DisplayPort
  readonly camera: CameraPort
}

export type PluggedPort = DeviceView & {
  plug(plugged: boolean): void
  /** `kind` is one of `faults`. */
  fault(kind: string): void
}

/** Reads a barcode or QR code: the device sends its bytes. */
export type ReaderPort = { scan(text: string): void }

export type CardReaderPort = {
  readonly cards: readonly BenchCard[]
  /** `name` is one of `cards`. */
  swipe(name: string): void
}

export type PrinterPort = {
  readonly paper: BenchPaper
  readonly coverOpen: boolean
  /** Those that came out, newest last; `n` counts from 1 and names one for ever. */
  readonly receipts: readonly { readonly n: number; readonly at: EpochMs }[]
  /** Undefined for one that never was or was dropped. */
  receiptSvg(n: number): string | undefined
  setPaper(paper: BenchPaper): void
  setCover(open: boolean): void
}

export type DrawerPort = {
  readonly open: boolean
  /** With the key, or by hand. */
  set(open: boolean): void
}

/** Thousandths of its unit. */
export type ScalePort = {
  readonly milli: number
  readonly tareMilli: number
  readonly unit: 'kg' | 'lb'
  readonly shows: ScaleFigures
  put(milli: number): void
  press(key: ScaleKey): void
}

export type DisplayPort = { readonly lines: readonly string[] }

export type CameraPort = {
  /** The picture that is before it now. */
  readonly held: number | null
  /** PNG of the picture; undefined for one that is gone. */
  picture(n: number): Uint8Array | undefined
  /** Holds a code of this text before it for a moment. */
  hold(text: string): void
}

/** As `startCable` makes it. */
export type CablePort = { readonly pulled: boolean; pull(): void; plug(): void }

export type LanePort = Omit<LaneView, 'cables'> & { readonly cables: Readonly<Record<LaneCable, CablePort>> }

/** Presses a key as a cashier does; what the till does not take becomes a line of the log. */
export type TillPort = { press(key: TillKey): void }

/** `cut` kills the till's core and its bridge at once (SIGKILL), as a power cut would; the supervisor brings them back. */
export type PowerPort = { readonly state: PowerState; cut(): void }
