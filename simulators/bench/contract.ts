import { z } from 'zod'
import type { Currency, Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Bench page ⇄ bench server. `GET /api/events` (Server-Sent Events) sends a whole `BenchState` on every change; `POST /api/act` takes an `Act`
 * and answers 204, or 409 with `Refusal` when the act makes no sense now; `GET /api/receipts/:n.svg` is a receipt as a picture.
 * The page imports only the types.
 */
export const MAX_SCAN_CHARS = 4096

export const scannerFaults = ['garbage', 'half_frame', 'unplug_mid_frame'] as const
/** `garbage`: line noise that is no frame. `half_frame`: a code that breaks off in its middle. `unplug_mid_frame`: because the cable was pulled. */
export type ScannerFault = (typeof scannerFaults)[number]

/** A wallet's pseudonym: 16 bytes in hex. */
export const walletId = z.string().regex(/^[0-9a-f]{32}$/)

/** Something that a person at the counter does. */
export const act = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('scan'), text: z.string().min(1).max(MAX_SCAN_CHARS) }),
  z.strictObject({ act: z.literal('scanner_fault'), kind: z.enum(scannerFaults) }),
  z.strictObject({ act: z.literal('scanner_plug'), plugged: z.boolean() }),
  /** Holds this phone before the scanner, which reads what is on its screen. */
  z.strictObject({ act: z.literal('hold_phone'), wallet: walletId }),
  z.strictObject({ act: z.literal('printer_paper'), paper: z.boolean() }),
  z.strictObject({ act: z.literal('printer_cover'), open: z.boolean() }),
  z.strictObject({ act: z.literal('printer_plug'), plugged: z.boolean() }),
  z.strictObject({ act: z.literal('cable'), pulled: z.boolean() }),
  z.strictObject({ act: z.literal('cut_power') }),
])
export type Act = z.infer<typeof act>

/** Why an act or a request did not go through, as a sentence for the page. */
export type Refusal = { readonly say: string }

export type BenchProduct = {
  readonly gtin: string
  readonly name: string
  readonly priceMinor: Minor
  /** An emoji or short text in place of a picture. */
  readonly symbol: string
}

export type LogSource = 'scanner' | 'phone' | 'printer' | 'cable' | 'power' | 'till' | 'hub'
export type LogLine = { readonly n: number; readonly at: EpochMs; readonly source: LogSource; readonly text: string }

/** `coming_back`: killed, and being started again by whoever supervises it. */
export type PowerState = 'on' | 'coming_back'

export type BenchLinks = {
  readonly till: string
  readonly console: string
  /** The till's server lets this page frame it, so that its screen can stand on the counter. */
  readonly tillFrames: boolean
}

export type BenchState = {
  readonly shop: { readonly name: string; readonly currency: Currency }
  readonly products: readonly BenchProduct[]
  readonly scanner: { readonly plugged: boolean }
  readonly printer: {
    readonly plugged: boolean
    readonly paper: boolean
    readonly coverOpen: boolean
    /** Newest first; `n` names the picture. */
    readonly receipts: readonly ReceiptView[]
  }
  readonly cable: { readonly pulled: boolean }
  readonly power: PowerState
  /** Phones whose screen shows something to scan, the one that changed last first. */
  readonly phones: readonly { readonly wallet: string; readonly at: EpochMs }[]
  /** The till's display asks a phone to confirm a sum. */
  readonly tillAsks: boolean
  readonly links: BenchLinks
  /** Newest first. */
  readonly log: readonly LogLine[]
}

export type ReceiptView = { readonly n: number; readonly at: EpochMs }
