/** A row of a file: `line` is where it begins, from 1. `isOpen`: a quotation mark in it is never closed. */
export type CsvRow = { readonly line: number; readonly cells: readonly string[]; readonly isOpen: boolean }

/**
 * Comma separated values (RFC 4180), or separated by semicolons, as spreadsheets write them where the comma is for decimals: what the first line has more of
 * outside quotation marks. Lines end in CRLF or LF; empty ones are skipped. Total: any text gives rows.
 */
export function readCsv(text: string): readonly CsvRow[] {
  const separator = separatorOf(text)
  const rows: CsvRow[] = []
  let line = 1
  for (let at = 0; at < text.length;) {
    const row = readRow(text, at, separator)
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push({ line, cells: row.cells, isOpen: row.isOpen })
    line += row.lines
    at = row.end
  }
  return rows
}

function separatorOf(text: string): ',' | ';' {
  const first = text.slice(0, text.indexOf('\n') === -1 ? text.length : text.indexOf('\n')).replace(/"[^"]*"/g, '')
  return first.split(';').length > first.split(',').length ? ';' : ','
}

/** `end`: where the next row begins. `lines`: how many of the file it takes. */
type Row = { readonly cells: readonly string[]; readonly end: number; readonly lines: number; readonly isOpen: boolean }

function readRow(text: string, start: number, separator: string): Row {
  const cells: string[] = []
  let lines = 1
  for (let at = start; ;) {
    const cell = text[at] === '"' ? readQuoted(text, at, separator) : readPlain(text, at, separator)
    cells.push(cell.value)
    lines += cell.value.split('\n').length - 1
    if (cell.isOpen) return { cells, end: text.length, lines, isOpen: true }
    at = cell.end
    if (text[at] === separator) {
      at += 1
      continue
    }
    if (text[at] === '\r') at += 1
    return { cells, end: at + 1, lines, isOpen: false }
  }
}

/** `end`: at the separator, the end of the line or of the text. */
type Cell = { readonly value: string; readonly end: number; readonly isOpen?: true }

function readPlain(text: string, start: number, separator: string): Cell {
  let end = start
  while (end < text.length && text[end] !== separator && text[end] !== '\n') end++
  if (text[end - 1] === '\r' && end > start && text[end] !== separator) end--
  return { value: text.slice(start, end), end }
}

/** What stands behind the closing mark belongs to the cell as it is: somebody has written it by hand. */
function readQuoted(text: string, start: number, separator: string): Cell {
  let value = ''
  for (let from = start + 1; ;) {
    const mark = text.indexOf('"', from)
    if (mark === -1) return { value: value + text.slice(from), end: text.length, isOpen: true }
    value += text.slice(from, mark)
    if (text[mark + 1] !== '"') {
      const behind = readPlain(text, mark + 1, separator)
      return { value: value + behind.value, end: behind.end }
    }
    value += '"'
    from = mark + 2
  }
}
