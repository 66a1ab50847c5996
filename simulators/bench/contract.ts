import { z } from 'zod'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Bench page ⇄ bench server. `GET /api/events` (Server-Sent Events) sends a whole `BenchState` on every change; `POST /api/act` takes an `Act`
 * and answers 204, or 409 with `Refusal` when the act makes no sense now; `GET /api/receipts/:n.svg` is a receipt as a picture, and
 * `GET /api/held/:n.png` what is held before the camera. The page imports only the types.
 */
export const MAX_SCAN_CHARS = 4096
/** What a scale can be made to carry here, its own limit far behind: 99.999 kg or lb. */
export const MAX_ON_SCALE_MILLI = 99_999

/** Everything that has a plug of its own. `scanner` is the serial one in the hand, `hid_scanner` the USB one that stands on the counter. */
export const benchDevices = ['scanner', 'hid_scanner', 'card_reader', 'printer', 'scale', 'display', 'camera'] as const
export type BenchDevice = (typeof benchDevices)[number]

/** What a code can be held before. */
export const readers = ['scanner', 'hid_scanner', 'camera'] as const satisfies readonly BenchDevice[]
export type Reader = (typeof readers)[number]

export const papers = ['ok', 'near_end', 'out'] as const
export type BenchPaper = (typeof papers)[number]

export const scaleKeys = ['zero', 'tare'] as const
export type ScaleKey = (typeof scaleKeys)[number]

/** What a cashier presses on the till's screen, where a scenario has nobody at it. */
export const tillKeys = ['take_payment', 'cancel_payment', 'take_weight', 'next_sale', 'empty_basket'] as const
export type TillKey = (typeof tillKeys)[number]

/** A wallet's pseudonym: 16 bytes in hex. */
export const walletId = z.string().regex(/^[0-9a-f]{32}$/)

const text = z.string().min(1).max(MAX_SCAN_CHARS)

/** Where the cables of a lane go to. */
export const laneCables = ['hub', 'edge'] as const
export type LaneCable = (typeof laneCables)[number]

/** What the cards' bank says to everything. `silent`: it books what it hears and answers nothing. */
export const bankMoods = ['approves', 'no_money', 'card_stopped', 'silent'] as const
export type BankMood = (typeof bankMoods)[number]

/** Something that a person at the counter does. */
export const act = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('scan'), text }),
  z.strictObject({ act: z.literal('hid_scan'), text }),
  /** Holds a picture of a code of this text before the camera for a moment. */
  z.strictObject({ act: z.literal('hold_before_camera'), text }),
  /** Holds a phone before a reader, the scanner if none is named; without `wallet` the phone whose screen changed last. */
  z.strictObject({ act: z.literal('hold_phone'), wallet: walletId.optional(), before: z.enum(readers).optional() }),
  z.strictObject({ act: z.literal('swipe'), card: z.string().min(1).max(64) }),
  /** Takes off what lies on the scale and puts so much on it, in thousandths of its unit; 0 empties it. */
  z.strictObject({ act: z.literal('put_on_scale'), milli: z.int().min(0).max(MAX_ON_SCALE_MILLI) }),
  z.strictObject({ act: z.literal('press_scale'), key: z.enum(scaleKeys) }),
  z.strictObject({ act: z.literal('printer_paper'), paper: z.enum(papers) }),
  z.strictObject({ act: z.literal('printer_cover'), open: z.boolean() }),
  /** Opens the cash drawer with its key, or pushes it shut. */
  z.strictObject({ act: z.literal('drawer'), open: z.boolean() }),
  z.strictObject({ act: z.literal('plug'), device: z.enum(benchDevices), plugged: z.boolean() }),
  /** One of the faults that `BenchState` lists for the device. */
  z.strictObject({ act: z.literal('fault'), device: z.enum(benchDevices), kind: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/) }),
  z.strictObject({ act: z.literal('press_till'), key: z.enum(tillKeys) }),
  z.strictObject({ act: z.literal('cable'), pulled: z.boolean() }),
  z.strictObject({ act: z.literal('cut_power') }),
  /** `lane`: its place in `BenchState.lanes`. */
  z.strictObject({ act: z.literal('lane_cable'), lane: z.int().min(0).max(98), to: z.enum(laneCables), pulled: z.boolean() }),
  z.strictObject({ act: z.literal('kill_edge') }),
  z.strictObject({ act: z.literal('bank'), mood: z.enum(bankMoods) }),
  z.strictObject({ act: z.literal('end_bank_day') }),
])
export type Act = z.infer<typeof act>

/** Why an act or a request did not go through, as a sentence for the page. */
export type Refusal = { readonly say: string; readonly code?: ErrorCode }

export type BenchProduct = {
  readonly gtin: string
  readonly name: string
  readonly priceMinor: Minor
  /** An emoji or short text in place of a picture. */
  readonly symbol: string
  /** Set: the price is of one such unit. */
  readonly soldBy?: 'kg' | 'lb' | undefined
}

export type BenchCard = { readonly name: string; readonly ending: string; readonly expiry: string }

export type LogSource = BenchDevice | 'drawer' | 'phone' | 'cable' | 'power' | 'till' | 'hub'
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
  /** What may be done to each device: pulling its plug, and the faults that it can have. */
  readonly devices: Readonly<Record<BenchDevice, DeviceView>>
  /** Test cards that lie beside the reader. */
  readonly cards: readonly BenchCard[]
  readonly bank: BankMood
  readonly printer: {
    readonly paper: BenchPaper
    readonly coverOpen: boolean
    /** Newest first; `n` names the picture. */
    readonly receipts: readonly ReceiptView[]
  }
  readonly drawer: { readonly open: boolean }
  /** `milli` is what lies on the pan, `shows` what its own display says this moment, net of the tare. */
  readonly scale: { readonly milli: number; readonly tareMilli: number; readonly unit: 'kg' | 'lb'; readonly shows: ScaleFigures }
  /** What the customer reads, as many lines as the display has. */
  readonly display: { readonly lines: readonly string[] }
  /** `held` names the picture that is before the camera; null when nothing is. */
  readonly camera: { readonly held: number | null }
  readonly cable: { readonly pulled: boolean }
  readonly power: PowerState
  /** All tills of the store; empty where there is one. */
  readonly lanes: readonly LaneView[]
  /** Phones whose screen shows something to scan, the one that changed last first. */
  readonly phones: readonly { readonly wallet: string; readonly at: EpochMs }[]
  /** The till's display asks a phone to confirm a sum. */
  readonly tillAsks: boolean
  readonly links: BenchLinks
  /** Newest first. */
  readonly log: readonly LogLine[]
}

/** `waiting`: taken there and not safe at the hub yet; `onlyHereMinor` of it is not on another till either. */
export type LaneView = {
  readonly name: string
  /** Its own bench. */
  readonly bench: string
  readonly cables: Readonly<Record<LaneCable, { readonly pulled: boolean }>>
  readonly waiting: { readonly minor: Minor; readonly onlyHereMinor: Minor }
}
export type ScaleFigures = { readonly state: 'stable' | 'unstable' | 'under' | 'over'; readonly milli: number }
export type DeviceView = { readonly plugged: boolean; readonly faults: readonly string[] }
export type ReceiptView = { readonly n: number; readonly at: EpochMs }
