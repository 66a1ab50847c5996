import { charOf, hasCodePage } from './code-pages.ts'

export type DisplayProtocol = 'escpos' | 'cd5220'

/** A display's own reading of its manual: bytes in, two lines of text out. */
export interface DisplayInterpreter {
  feed(byte: number): void
  lines(): readonly string[]
  /** Commands that the manual does not have. */
  unknown(): number
}

/** Waits for bytes: `yield` is the next one. */
type Reading = Generator<void, void, number>

const ROWS = 2
const BS = 0x08
const HT = 0x09
const LF = 0x0a
const HOME = 0x0b
const CLEAR = 0x0c
const CR = 0x0d
const CANCEL = 0x18
const ESC = 0x1b
const US = 0x1f

/** Parameters of the commands that change nothing that is modelled here, by what follows ESC and US. */
const ESC_IGNORED: Readonly<Record<string, number>> = { '=': 1, R: 1, '%': 1, '?': 1, W: 5, c: 1, f: 1, _: 1 }
const US_IGNORED: Readonly<Record<string, number>> = {
  C: 1,
  X: 1,
  E: 1,
  r: 1,
  v: 1,
  '#': 2,
  ',': 1,
  ';': 1,
  '.': 1,
  '\u0001': 0,
  '\u0002': 0,
  '\u0003': 0,
  ':': 0,
}

/**
 * `escpos`: Epson's "DM-D Command Reference". `cd5220`: the command set of that name, whose ESC Q A and ESC Q B write a whole line up to a CR. Both
 * overwrite where the cursor is and go on at the next line's start.
 */
export function displayInterpreter(protocol: DisplayProtocol, columns: number): DisplayInterpreter {
  let cells: string[] = []
  let cursor = 0
  let codePage = 0
  let unknown = 0

  const size = ROWS * columns
  const clear = () => {
    cells = Array.from({ length: size }, () => ' ')
    cursor = 0
  }
  const rowStart = () => cursor - (cursor % columns)
  const write = (byte: number) => {
    cells[cursor] = charOf(codePage, byte)
    cursor = (cursor + 1) % size
  }
  const eraseRow = () => {
    cells.fill(' ', rowStart(), rowStart() + columns)
    cursor = rowStart()
  }
  const control: Readonly<Record<number, () => void>> = {
    [BS]: () => (cursor = (cursor + size - 1) % size),
    [HT]: () => (cursor = (cursor + 1) % size),
    [LF]: () => (cursor = (cursor + columns) % size),
    [HOME]: () => (cursor = 0),
    [CLEAR]: clear,
    [CR]: () => (cursor = rowStart()),
    [CANCEL]: eraseRow,
  }
  /** The column and row that come next, from 1; out of range is no command. */
  function* moveCursor(): Reading {
    const x = yield
    const y = yield
    if (x >= 1 && x <= columns && y >= 1 && y <= ROWS) cursor = (y - 1) * columns + x - 1
    else unknown++
  }
  /** ESC Q A d… CR, the upper line, or B, the lower; what is not written of it is empty. */
  function* writeRow(): Reading {
    const row = (yield) - 'A'.charCodeAt(0)
    if (row < 0 || row >= ROWS) {
      unknown++
      return
    }
    const text: number[] = []
    for (let byte = yield; byte !== CR; byte = yield) if (text.length < columns) text.push(byte)
    cursor = row * columns
    eraseRow()
    text.forEach(write)
    cursor = row * columns
  }
  function* command(family: number): Reading {
    const name = String.fromCharCode(yield)
    const ignored = (family === ESC ? ESC_IGNORED : US_IGNORED)[name]
    if (family === ESC && name === '@') reset()
    else if (family === ESC && name === 't') {
      const n = yield
      if (hasCodePage(n)) codePage = n
    } else if (family === ESC && protocol === 'cd5220' && name === 'Q') yield* writeRow()
    else if (family === ESC && protocol === 'cd5220' && name === 'l') yield* moveCursor()
    else if (family === US && protocol === 'escpos' && name === '$') yield* moveCursor()
    else if (ignored === undefined) unknown++
    else for (let left = ignored; left > 0; left--) yield
  }
  function* interpret(): Generator<void, never, number> {
    for (;;) {
      const byte = yield
      if (byte === ESC || byte === US) yield* command(byte)
      else if (byte >= 0x20) write(byte)
      else if (control[byte]) control[byte]()
      else unknown++
    }
  }
  const reset = () => {
    clear()
    codePage = 0
  }
  reset()
  const reading = interpret()
  reading.next()
  return {
    feed: (byte) => void reading.next(byte),
    lines: () => Array.from({ length: ROWS }, (_, row) => cells.slice(row * columns, (row + 1) * columns).join('')),
    unknown: () => unknown,
  }
}
