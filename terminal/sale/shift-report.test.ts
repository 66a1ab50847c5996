import { expect, test } from 'vitest'
import { shiftReport, type ShiftReport } from './shift-report.ts'

const heading = { merchant: 'Corner Shop', store: 'Harbour', till: 'Till 1' }
const report: ShiftReport = {
  currency: 'EUR',
  at: 1_790_000_000_000,
  sales: 12,
  capturedMinor: 40_000,
  refunds: 1,
  refundedMinor: 500,
  drawer: { openedAt: 1_789_970_000_000, floatMinor: 10_000, movedInMinor: 0, movedOutMinor: 300, takenMinor: 15_000, givenMinor: 500 },
}
const pairs = (kind: 'X' | 'Z', of: ShiftReport): readonly (readonly [string, string])[] =>
  shiftReport(kind, of, heading).flatMap((block) => (block.kind === 'pair' ? [[block.left, block.right] as const] : []))

test('an X report, and a Z that nobody counted for, say nothing from which the drawer could be told', () => {
  for (const kind of ['X', 'Z'] as const) {
    const told = pairs(kind, report)
    expect(told).toContainEqual(['Sales (12), EUR', '400.00'])
    expect(told).toContainEqual(['Returns (1)', '-5.00'])
    expect(told.map(([left]) => left)).not.toContain('Cash sales')
    expect(told.some(([left]) => left.includes('Expected'))).toBe(false)
  }
})

test('a Z report of a counted drawer adds up on paper', () => {
  const told = new Map(pairs('Z', { ...report, counted: { expectedMinor: 24_200, countedMinor: 24_250 } }))
  const minor = (left: string): number => Math.round(100 * Number(told.get(left)))
  const sum = ['Float', 'Cash put in', 'Cash taken out', 'Cash sales', 'Cash returns'].reduce((total, left) => total + minor(left), 0)
  expect(sum).toBe(minor('Expected in the drawer'))
  expect(minor('Counted') - minor('Expected in the drawer')).toBe(minor('OVER'))
  expect(new Map(pairs('Z', { ...report, counted: { expectedMinor: 24_200, countedMinor: 24_000 } })).get('SHORT')).toBe('-2.00')
})

test('paper for people of the shop is in the language of its receipts, and says when nothing differs', () => {
  const counted = { expectedMinor: 24_200, countedMinor: 24_200 }
  const inChinese = shiftReport('Z', { ...report, counted, ways: { cash: 15_000, card: 25_000 } }, { ...heading, language: 'zh' })
  const said = inChinese.flatMap((block) => (block.kind === 'pair' ? [block.left] : block.kind === 'text' ? [block.text] : []))
  for (const label of said.filter((each) => !Object.values(heading).includes(each))) expect(label).toMatch(/\p{Script=Han}/u)
  expect(inChinese).toContainEqual({ kind: 'pair', left: '无差额', right: '0.00', bold: true })
  expect(shiftReport('X', report, { ...heading, language: 'ar' })).toEqual(shiftReport('X', report, heading))
})
