import { charOf, hasCodePage } from './code-pages.ts'
import { PaperRoll, type RollEvents } from './paper-roll.ts'
import { LINE_DOTS, type Align, type QrLevel, type Receipt } from './receipt.ts'

/**
 * An ESC/POS printer's interpreter, from Epson's "ESC/POS Command Reference", fed byte by byte: a command may arrive in any pieces. What a till's
 * receipts need is printed; of everything else the length is known, so that it is skipped and counted, and the text after it is text again.
 */
export interface EscPosInterpreter {
  /** Carries out one byte. */
  feed(byte: number): void
  /** What hangs out of the printer, not cut yet. */
  uncut(): Receipt
  readonly counters: { readonly commands: number; readonly unsupported: number; readonly unknown: number }
}

export type InterpreterEvents = RollEvents & {
  /** ESC p: a drawer is kicked. */
  readonly onPulse: () => void
  /** GS r n, now that everything before it has been carried out. */
  readonly onStatusRequest: (n: number) => void
}

type Printer = { readonly roll: PaperRoll; readonly events: InterpreterEvents; readonly unsupported: () => void }

/** Waits for bytes: `yield` is the next one. */
type Reading<Value = void> = Generator<void, Value, number>
/** Reads its parameters, if it has any. */
type Command = (printer: Printer) => Reading | void

export function escPosInterpreter(events: InterpreterEvents): EscPosInterpreter {
  const counters = { commands: 0, unsupported: 0, unknown: 0 }
  const roll = new PaperRoll(events)
  const printer: Printer = { roll, events, unsupported: () => counters.unsupported++ }

  function* interpret(): Reading<never> {
    for (;;) {
      const byte = yield
      const family = families.get(byte)
      if (!family) {
        print(roll, byte)
        continue
      }
      counters.commands++
      const command = family.get(yield)
      if (!command) counters.unknown++
      const reading = command?.(printer)
      if (reading) yield* reading
    }
  }
  const reading = interpret()
  reading.next()
  return { feed: (byte) => void reading.next(byte), uncut: () => roll.hanging(), counters }
}

function print(roll: PaperRoll, byte: number): void {
  if (byte === LF) roll.lineFeed()
  else if (byte === HT) roll.tab()
  else if (byte >= 0x20 && byte !== 0x7f) roll.char(charOf(roll.codePage, byte))
}

// Reading parameters

function* word(): Reading<number> {
  const low = yield
  return low | ((yield) << 8)
}

function* bytes(count: number): Reading<Uint8Array> {
  const read = new Uint8Array(count)
  for (let i = 0; i < count; i++) read[i] = yield
  return read
}

function* skip(count: number): Reading {
  for (let i = 0; i < count; i++) yield
}

/** A command with `count` parameter bytes that has no effect on a picture of a receipt. */
const ignored = (count: number): Command =>
  function* (): Reading {
    yield* skip(count)
  }

/** A command of `count` parameter bytes that this simulator cannot do. */
const unsupported = (count: number): Command =>
  function* (printer): Reading {
    printer.unsupported()
    yield* skip(count)
  }

/** A command without parameters. */
const with0 =
  (act: (roll: PaperRoll) => void): Command =>
  ({ roll }) =>
    act(roll)

/** A command with one parameter. */
const with1 = (act: (roll: PaperRoll, n: number) => void): Command =>
  function* ({ roll }): Reading {
    act(roll, yield)
  }

const at = (text: string): number => text.charCodeAt(0)
const commands = (list: Readonly<Record<string, Command>>): ReadonlyMap<number, Command> =>
  new Map(Object.entries(list).map(([name, command]) => [at(name), command]))

const HT = 0x09
const LF = 0x0a
const ESC = 0x1b
const FS = 0x1c
const GS = 0x1d

// ESC

const alignments: Readonly<Record<number, Align>> = { 0: 'left', 1: 'center', 2: 'right', 48: 'left', 49: 'center', 50: 'right' }

/** ESC ! n: several attributes in one byte. */
const printMode = with1((roll, n) => {
  roll.setStyle({ bold: (n & 8) !== 0, underline: (n & 128) !== 0, width: n & 32 ? 2 : 1, height: n & 16 ? 2 : 1 })
})

/** ESC t n. */
function* selectCodePage({ roll, unsupported }: Printer): Reading {
  const n = yield
  if (hasCodePage(n)) roll.codePage = n
  else unsupported()
}

/** ESC * m nL nH: 8 or 24 dots high, one or three bytes a column. */
function* bitImage({ unsupported }: Printer): Reading {
  unsupported()
  const columnBytes = (yield) >= 32 ? 3 : 1
  yield* skip(columnBytes * (yield* word()))
}

/** ESC D n1 … NUL: tab stops. */
function* untilNul(): Reading {
  while ((yield) !== 0);
}

const esc = commands({
  '@': with0((roll) => roll.reset()),
  '!': printMode,
  '-': with1((roll, n) => roll.setStyle({ underline: n % 48 > 0 })),
  E: with1((roll, n) => roll.setStyle({ bold: (n & 1) === 1 })),
  G: with1((roll, n) => roll.setStyle({ bold: (n & 1) === 1 })),
  a: with1((roll, n) => (roll.align = alignments[n] ?? roll.align)),
  d: with1((roll, n) => roll.feed(n * LINE_DOTS)),
  J: with1((roll, n) => roll.feed(n)),
  t: selectCodePage,
  i: with0((roll) => roll.cut('full')),
  m: with0((roll) => roll.cut('partial')),
  p: function* ({ events }): Reading {
    yield* skip(3)
    events.onPulse()
  },
  '*': bitImage,
  D: untilNul,
  '2': ignored(0),
  '3': ignored(1),
  ' ': ignored(1),
  '=': ignored(1),
  M: ignored(1),
  R: ignored(1),
  U: ignored(1),
  c: ignored(2),
  '4': unsupported(1),
  $: unsupported(2),
  '\\': unsupported(2),
  '%': unsupported(1),
  '?': unsupported(1),
  L: unsupported(0),
  S: unsupported(0),
  T: unsupported(1),
  V: unsupported(1),
  W: unsupported(8),
  r: unsupported(1),
  '{': unsupported(1),
})

// GS

const levels: Readonly<Record<number, QrLevel>> = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' }

/** GS ( k cn fn …: 2D codes. 49 is QR: 67 sets the module's size, 69 the level, 80 stores the data, 81 prints. */
function qr({ roll, unsupported }: Printer, parameters: Uint8Array): void {
  const [code, what, n = 0] = parameters
  if (code !== 49) return unsupported()
  if (what === 67) roll.qr = { ...roll.qr, moduleDots: Math.min(16, Math.max(1, n)) }
  else if (what === 69) roll.qr = { ...roll.qr, level: levels[n] ?? roll.qr.level }
  else if (what === 80) roll.qr = { ...roll.qr, data: parameters.slice(3) }
  else if (what === 81) roll.printQr()
  // 65 chooses the model; everybody means model 2.
  else if (what !== 65) unsupported()
}

/** GS ( fn pL pH …: all of this family say their length. */
function* extended(printer: Printer): Reading {
  const family = yield
  const parameters = yield* bytes(yield* word())
  if (family === at('k')) qr(printer, parameters)
  else printer.unsupported()
}

/** GS V m [n]: 65 and 66 feed n dots first. */
function* cut({ roll }: Printer): Reading {
  const how = yield
  if (how === 65 || how === 66) roll.feed(yield)
  roll.cut(how === 1 || how === 49 || how === 66 ? 'partial' : 'full')
}

/** GS k m …: 0 to 6 end with NUL, 65 and above say their length. */
function* barcode({ unsupported }: Printer): Reading {
  unsupported()
  if ((yield) <= 6) yield* untilNul()
  else yield* skip(yield)
}

/** GS v 0 m xL xH yL yH: x bytes by y rows. */
function* rasterImage({ unsupported }: Printer): Reading {
  unsupported()
  yield* skip(2)
  const width = yield* word()
  yield* skip(width * (yield* word()))
}

/** GS 8 L p1 p2 p3 p4: graphics with a 32-bit length. */
function* largeGraphics({ unsupported }: Printer): Reading {
  unsupported()
  yield
  const low = yield* word()
  yield* skip(low + (yield* word()) * 65_536)
}

/** GS * x y: a downloaded image of x by y blocks of 8 bytes. */
function* downloadImage({ unsupported }: Printer): Reading {
  unsupported()
  const width = yield
  yield* skip(width * (yield) * 8)
}

const gs = commands({
  '!': with1((roll, n) => roll.setStyle({ width: ((n >> 4) & 7) + 1, height: (n & 7) + 1 })),
  B: with1((roll, n) => roll.setStyle({ invert: (n & 1) === 1 })),
  V: cut,
  r: function* ({ events }): Reading {
    events.onStatusRequest(yield)
  },
  '(': extended,
  k: barcode,
  v: rasterImage,
  '8': largeGraphics,
  '*': downloadImage,
  H: ignored(1),
  f: ignored(1),
  h: ignored(1),
  w: ignored(1),
  P: ignored(2),
  a: unsupported(1),
  b: ignored(1),
  I: unsupported(1),
  '/': unsupported(1),
  ':': unsupported(0),
  L: unsupported(2),
  W: unsupported(2),
  T: unsupported(1),
  $: unsupported(2),
  '\\': unsupported(2),
  '^': unsupported(3),
})

// FS: Asian characters, which this printer has not

const fs = commands({
  '.': ignored(0),
  '&': unsupported(0),
  '!': unsupported(1),
  '-': unsupported(1),
  C: unsupported(1),
  S: unsupported(2),
  W: unsupported(1),
  p: unsupported(2),
})

const families: ReadonlyMap<number, ReadonlyMap<number, Command>> = new Map([
  [ESC, esc],
  [FS, fs],
  [GS, gs],
])
