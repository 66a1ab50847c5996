import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCsv } from './csv.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

const cells = (text: string): string[][] => readCsv(text).map((row) => [...row.cells])

test.each([
  [
    'a,b\r\nc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a;b\nc;d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a;b\n1,5;d',
    [
      ['a', 'b'],
      ['1,5', 'd'],
    ],
  ],
  [
    'a,b\n"c, d","e ""f"""\n',
    [
      ['a', 'b'],
      ['c, d', 'e "f"'],
    ],
  ],
  [
    '"a;b",c\nd,e',
    [
      ['a;b', 'c'],
      ['d', 'e'],
    ],
  ],
  [
    'a,b\n\n,\n',
    [
      ['a', 'b'],
      ['', ''],
    ],
  ],
  [
    'a,b\n"c"d,e\n',
    [
      ['a', 'b'],
      ['cd', 'e'],
    ],
  ],
  [
    'a,b,\nc,d,',
    [
      ['a', 'b', ''],
      ['c', 'd', ''],
    ],
  ],
  ['', []],
])('%j is read as RFC 4180 says', (text, rows) => expect(cells(text)).toEqual(rows))

test('names the line that a row begins in, whatever lines are inside it', () => {
  const rows = readCsv('a,b\r\n"one\ntwo",c\r\n\r\nd,e\n"open')
  expect(rows.map(({ line, isOpen }) => [line, isOpen])).toEqual([
    [1, false],
    [2, false],
    [5, false],
    [6, true],
  ])
})

test('reads what anybody writes as it was meant', () => {
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
  const row = fc.array(fc.string({ unit: fc.constantFrom('a', ',', ';', '"', '\n', '\r', ' ', '可') }), { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const text = ['h,h', ...rows.map((cellsOf) => cellsOf.map(quoted).join(','))].join(end)
      expect(cells(text).slice(1)).toEqual(rows)
    }),
  )
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => readCsv(text).length <= text.length + 1))
})
