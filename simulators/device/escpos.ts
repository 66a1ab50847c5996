import { charOf, hasCodePage } from './code-pages.ts'
import { bitImage, code2d, downloadImage, graphics, largeGraphics, printBarcode, printDownloaded, rasterImage } from './escpos-pictures.ts'
import {
  bytes,
  commands,
  ignored,
  skip,
  unsupported,
  untilNul,
  with0,
  with1,
  withWord,
  word,
  type Command,
  type Printer,
  type Reading,
} from './escpos-reading.ts'
import { PaperRoll, type RollEvents } from './paper-roll.ts'
import { NO_PDF417, NO_QR, PLAIN_BARCODE } from './receipt-codes.ts'
import { LINE_DOTS, type Align, type Receipt } from './receipt.ts'

/**
 * An ESC/POS printer's interpreter, from Epson's "ESC/POS Command Reference", fed byte by byte: a command may arrive in any pieces. What receipts need
 * is printed; of everything else the length is known, so that it is skipped and counted, and the text after it is text again.
 */
export interface EscPosInterpreter {
  /** Carries out one byte. */
  feed(byte: number): void
  /** What hangs out of the printer, not cut yet. */
  uncut(): Receipt
  readonly counters: { readonly commands: number; readonly unsupported: number; readonly unknown: number }
}

export type InterpreterEvents = RollEvents & {
  /** ESC p m: the drawer on pin 2 (m 0) or 5 (m 1) is kicked. */
  readonly onPulse: (m: number) => void
  /** GS r n, now that everything before it has been carried out. */
  readonly onStatusRequest: (n: number) => void
  /** GS a n: what it shall tell by itself; 0 nothing. */
  readonly onAutomaticStatus: (n: number) => void
}

export function escPosInterpreter(events: InterpreterEvents): EscPosInterpreter {
  const counters = { commands: 0, unsupported: 0, unknown: 0 }
  const printer: Printer = {
    roll: new PaperRoll(events),
    stored: { qr: NO_QR, pdf417: NO_PDF417, barcode: PLAIN_BARCODE, codePage: 0, doubleByte: false },
    answer: (command, n) => (command === 'status' ? events.onStatusRequest(n) : events.onAutomaticStatus(n)),
    pulse: events.onPulse,
    unsupported: () => counters.unsupported++,
  }

  function* interpret(): Reading<never> {
    for (;;) {
      const byte = yield
      const family = families.get(byte)
      if (!family) {
        yield* print(printer, byte)
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
  return { feed: (byte) => void reading.next(byte), uncut: () => printer.roll.hanging(), counters }
}

// Characters

function* print({ roll, stored }: Printer, byte: number): Reading {
  if (byte === LF) roll.lineFeed()
  else if (byte === HT) roll.tab()
  else if (stored.doubleByte && byte >= 0x81 && byte <= 0xfe) yield* doubleByteChar(roll, byte)
  else if (byte >= 0x20 && byte !== 0x7f) roll.char(charOf(stored.codePage, byte))
}

const chinese = new TextDecoder('gb18030')

/** GB 18030: a second byte from 30 to 39 hex makes it four of them. */
function* doubleByteChar(roll: PaperRoll, first: number): Reading {
  const second = yield
  const rest = second >= 0x30 && second <= 0x39 ? yield* bytes(2) : []
  roll.char(chinese.decode(Uint8Array.of(first, second, ...rest)), true)
}

const HT = 0x09
const LF = 0x0a
const ESC = 0x1b
const FS = 0x1c
const GS = 0x1d

const times = (n: number): number => (n & 7) + 1
const thickness = (n: number): 0 | 1 | 2 => (n % 48 === 2 ? 2 : n % 48 === 1 ? 1 : 0)

// ESC

const alignments: Readonly<Record<number, Align>> = { 0: 'left', 1: 'center', 2: 'right', 48: 'left', 49: 'center', 50: 'right' }

/** ESC ! n: several attributes in one byte. */
const printMode = with1((roll, n) => {
  roll.setStyle({ font: n & 1 ? 'B' : 'A', bold: (n & 8) !== 0, underline: n & 128 ? 1 : 0, width: n & 32 ? 2 : 1, height: n & 16 ? 2 : 1 })
})

/** ESC @. What is stored for codes stays, the way characters are read does not. */
function reset({ roll, stored }: Printer): void {
  roll.reset()
  Object.assign(stored, { codePage: 0, doubleByte: false, barcode: PLAIN_BARCODE })
}

/** ESC t n. */
function* selectCodePage({ stored, unsupported }: Printer): Reading {
  const n = yield
  if (hasCodePage(n)) stored.codePage = n
  else unsupported()
}

/** ESC D n1 … NUL: tab stops; none is none at all. */
function* tabStops({ roll }: Printer): Reading {
  roll.set({ tabs: [...(yield* untilNul())] })
}

/** ESC & y c1 c2 [x d…]: characters drawn by the computer, y bytes a column. */
function* userCharacters({ unsupported }: Printer): Reading {
  unsupported()
  const high = yield
  for (let count = -(yield) + (yield) + 1; count > 0; count--) yield* skip(high * (yield))
}

const esc = commands({
  '@': reset,
  '!': printMode,
  '-': with1((roll, n) => roll.setStyle({ underline: thickness(n) })),
  E: with1((roll, n) => roll.setStyle({ bold: (n & 1) === 1 })),
  G: with1((roll, n) => roll.setStyle({ bold: (n & 1) === 1 })),
  M: with1((roll, n) => roll.setStyle({ font: n % 48 === 1 ? 'B' : 'A' })),
  a: with1((roll, n) => roll.set({ align: alignments[n] ?? roll.settings.align })),
  d: with1((roll, n) => roll.feed(n * roll.settings.lineSpacing)),
  J: with1((roll, n) => roll.feed(n)),
  '2': with0((roll) => roll.set({ lineSpacing: LINE_DOTS })),
  '3': with1((roll, n) => roll.set({ lineSpacing: n })),
  ' ': with1((roll, n) => roll.set({ charSpacing: n })),
  $: withWord((roll, n) => roll.moveTo(n)),
  '\\': withWord((roll, n) => roll.moveBy(n < 0x8000 ? n : n - 0x10000)),
  D: tabStops,
  t: selectCodePage,
  i: with0((roll) => roll.cut('full')),
  m: with0((roll) => roll.cut('partial')),
  p: function* ({ pulse }): Reading {
    const m = yield
    yield* skip(2)
    pulse(m)
  },
  '*': bitImage,
  '&': userCharacters,
  '=': ignored(1),
  R: ignored(1),
  U: ignored(1),
  c: ignored(2),
  // Red ink, where there is only black.
  r: ignored(1),
  u: unsupported(1),
  v: unsupported(0),
  e: unsupported(1),
  K: unsupported(1),
  '4': unsupported(1),
  '%': unsupported(1),
  '?': unsupported(1),
  L: unsupported(0),
  S: unsupported(0),
  T: unsupported(1),
  V: unsupported(1),
  W: unsupported(8),
  '{': unsupported(1),
})

// GS

/** GS ( fn pL pH …: all of this family say their length. */
function* extended(printer: Printer): Reading {
  const family = String.fromCharCode(yield)
  const parameters = yield* bytes(yield* word())
  if (family === 'k') code2d(printer, parameters)
  else if (family === 'L') graphics(printer, parameters)
  else printer.unsupported()
}

const PARTIAL_CUTS = [1, 49, 66, 98, 104]

/** GS V m [n]: 65, 66 and up feed n dots first. */
function* cut({ roll }: Printer): Reading {
  const how = yield
  if (how > 49) roll.feed(yield)
  roll.cut(PARTIAL_CUTS.includes(how) ? 'partial' : 'full')
}

/** GS h, GS w, GS H, GS f. */
const barcodeLook = (change: (n: number) => Partial<Printer['stored']['barcode']>): Command =>
  function* ({ stored }): Reading {
    stored.barcode = { ...stored.barcode, ...change(yield) }
  }
const captions = [0, 1, 2, 3] as const

const gs = commands({
  '!': with1((roll, n) => roll.setStyle({ width: times(n >> 4), height: times(n) })),
  B: with1((roll, n) => roll.setStyle({ invert: (n & 1) === 1 })),
  L: withWord((roll, n) => roll.set({ leftMargin: n })),
  W: withWord((roll, n) => roll.set({ areaWidth: n })),
  V: cut,
  r: function* ({ answer }): Reading {
    answer('status', yield)
  },
  a: function* ({ answer }): Reading {
    answer('automatic', yield)
  },
  '(': extended,
  k: printBarcode,
  h: barcodeLook((n) => ({ height: Math.max(1, n) })),
  w: barcodeLook((n) => ({ wide: Math.min(6, Math.max(1, n)) })),
  H: barcodeLook((n) => ({ hri: captions[n % 48] ?? 0 })),
  f: barcodeLook((n) => ({ font: n % 48 === 1 ? 'B' : 'A' })),
  v: rasterImage,
  '8': largeGraphics,
  '*': downloadImage,
  '/': printDownloaded,
  b: ignored(1),
  P: ignored(2),
  T: ignored(1),
  I: unsupported(1),
  ':': unsupported(0),
  $: unsupported(2),
  '\\': unsupported(2),
  '^': unsupported(3),
})

// FS: double-byte characters

const doubleByte =
  (on: boolean): Command =>
  ({ stored }) => {
    stored.doubleByte = on
  }

/** FS ! n: as ESC !, for double-byte characters. */
const doubleByteMode = with1((roll, n) => {
  roll.setStyle({ underline: n & 128 ? 1 : 0, width: n & 4 ? 2 : 1, height: n & 8 ? 2 : 1 })
})

/** FS q n [xL xH yL yH …]: pictures for ever, x by y blocks of 8 bytes. */
function* definePictures({ unsupported }: Printer): Reading {
  unsupported()
  for (let count = yield; count > 0; count--) {
    const width = yield* word()
    yield* skip(width * (yield* word()) * 8)
  }
}

/** FS ( fn pL pH …. */
function* extendedFs({ unsupported }: Printer): Reading {
  unsupported()
  yield
  yield* skip(yield* word())
}

const fs = commands({
  '&': doubleByte(true),
  '.': doubleByte(false),
  '!': doubleByteMode,
  '-': with1((roll, n) => roll.setStyle({ underline: thickness(n) })),
  W: with1((roll, n) => roll.setStyle({ width: (n & 1) + 1, height: (n & 1) + 1 })),
  '(': extendedFs,
  q: definePictures,
  C: unsupported(1),
  S: unsupported(2),
  '2': unsupported(74),
  '?': unsupported(2),
  p: unsupported(2),
})

const families: ReadonlyMap<number, ReadonlyMap<number, Command>> = new Map([
  [ESC, esc],
  [FS, fs],
  [GS, gs],
])
