import type { PaperRoll } from './paper-roll.ts'
import type { BarcodeLook, Pdf417, Qr } from './receipt-codes.ts'
import type { Bitmap } from './receipt.ts'

/** What is stored for later commands, beside the roll's own settings. */
export type Stored = {
  qr: Qr
  pdf417: Pdf417
  barcode: BarcodeLook
  /** GS ( L 112: waits for its print. */
  graphics?: { readonly bitmap: Bitmap; readonly wide: number; readonly high: number }
  /** GS *: for GS /. */
  downloaded?: Bitmap
  /** ESC t. */
  codePage: number
  /** FS &. */
  doubleByte: boolean
}

export type Printer = {
  readonly roll: PaperRoll
  readonly stored: Stored
  /** Back to the computer, in its turn. */
  readonly answer: (command: 'status' | 'automatic', n: number) => void
  /** ESC p m: 0 is the drawer on pin 2, 1 the one on pin 5. */
  readonly pulse: (m: number) => void
  readonly unsupported: () => void
}

/** Waits for bytes: `yield` is the next one. */
export type Reading<Value = void> = Generator<void, Value, number>
/** Reads its parameters, if it has any. */
export type Command = (printer: Printer) => Reading | void

export function* word(): Reading<number> {
  const low = yield
  return low | ((yield) << 8)
}

export function* bytes(count: number): Reading<Uint8Array> {
  const read = new Uint8Array(count)
  for (let i = 0; i < count; i++) read[i] = yield
  return read
}

export function* skip(count: number): Reading {
  for (let i = 0; i < count; i++) yield
}

/** Up to a NUL. */
export function* untilNul(): Reading<Uint8Array> {
  const read: number[] = []
  for (let byte = yield; byte !== 0; byte = yield) if (read.length < MAX_TEXT) read.push(byte)
  return Uint8Array.from(read)
}
const MAX_TEXT = 255

/** A command with `count` parameter bytes that has no effect on a picture of a receipt. */
export const ignored = (count: number): Command =>
  function* (): Reading {
    yield* skip(count)
  }

/** A command of `count` parameter bytes that this simulator cannot do. */
export const unsupported = (count: number): Command =>
  function* (printer): Reading {
    printer.unsupported()
    yield* skip(count)
  }

/** A command without parameters. */
export const with0 =
  (act: (roll: PaperRoll) => void): Command =>
  ({ roll }) =>
    act(roll)

/** A command with one parameter. */
export const with1 = (act: (roll: PaperRoll, n: number) => void): Command =>
  function* ({ roll }): Reading {
    act(roll, yield)
  }

/** A command with one parameter of two bytes. */
export const withWord = (act: (roll: PaperRoll, n: number) => void): Command =>
  function* ({ roll }): Reading {
    act(roll, yield* word())
  }

export const commands = (list: Readonly<Record<string, Command>>): ReadonlyMap<number, Command> =>
  new Map(Object.entries(list).map(([name, command]) => [name.charCodeAt(0), command]))
