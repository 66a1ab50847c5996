import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scale, sum } from '../money.ts'
import type { ReturnedLine, SaleLine, TaxTotal } from './entry.ts'
import { isReturnable, unitsBack, unitsOf, worthOf, type WantedBack } from './returning.ts'

type Sale = Parameters<typeof worthOf>[0] & { readonly totalMinor: number }
const rates = [0, 55_000, 70_000, 190_000] as const

const line: fc.Arbitrary<SaleLine> = fc
  .record({
    quantity: fc.integer({ min: 1, max: 30 }),
    unitMinor: fc.integer({ min: 0, max: 5000 }),
    offPpm: fc.integer({ min: 0, max: 1_000_000 }),
    taxPpm: fc.constantFrom(...rates),
    weight: fc.option(fc.integer({ min: 1, max: 9000 }), { nil: undefined, freq: 3 }),
    depositMinor: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined, freq: 3 }),
    isExempt: fc.boolean(),
    isBundle: fc.boolean(),
  })
  .map(({ quantity, unitMinor, offPpm, taxPpm, weight, depositMinor, isExempt, isBundle }): SaleLine => {
    const pieces = weight === undefined ? quantity : 1
    const gross = weight === undefined ? pieces * unitMinor : scale(unitMinor, weight, 1000)
    const discountMinor = scale(gross, offPpm, 1_000_000)
    const goods = gross - discountMinor
    const first = Math.floor(goods / 3)
    const part = { gtin: '95200000', name: 'Part', quantity: 1 }
    return {
      gtin: '9520000000011',
      name: 'Goods',
      quantity: pieces,
      unitMinor,
      taxPpm: isExempt ? 0 : taxPpm,
      totalMinor: goods + pieces * (depositMinor ?? 0),
      discountMinor,
      ...(isExempt ? { taxExempt: true as const } : {}),
      ...(weight === undefined ? {} : { weight: { milli: weight, unit: 'kg' as const } }),
      ...(depositMinor === undefined ? {} : { depositMinor }),
      ...(isBundle && !isExempt
        ? {
            parts: [
              { ...part, taxPpm: 70_000, totalMinor: first },
              { ...part, taxPpm: 190_000, totalMinor: goods - first },
            ],
          }
        : {}),
    }
  })

/** A sale as a till makes it, added up here a second time. */
const sale = fc
  .record({ lines: fc.array(line, { minLength: 1, maxLength: 6 }), isAdded: fc.boolean(), isExempt: fc.boolean() })
  .map(({ lines, isAdded, isExempt }): Sale => {
    const groups = new Map<string, { ratePpm: number; exempt: boolean; minor: number }>()
    for (const { taxPpm, taxExempt, parts, totalMinor, quantity, depositMinor = 0 } of lines) {
      for (const one of parts ?? [{ taxPpm, taxExempt, totalMinor: totalMinor - quantity * depositMinor }]) {
        const key = `${one.taxPpm}/${one.taxExempt === true}`
        const { minor } = groups.get(key) ?? { minor: 0 }
        groups.set(key, { ratePpm: one.taxPpm, exempt: one.taxExempt === true, minor: minor + one.totalMinor })
      }
    }
    const taxed = [...groups.values()].map(({ ratePpm, exempt, minor }): TaxTotal => {
      const taxMinor = scale(minor, ratePpm, isAdded ? 1_000_000 : 1_000_000 + ratePpm)
      return { ratePpm, netMinor: isAdded ? minor : minor - taxMinor, taxMinor, ...(exempt ? { exempt } : {}) }
    })
    const taxes = isExempt ? [{ ratePpm: 0, netMinor: sum(taxed.map(({ netMinor }) => netMinor)), taxMinor: 0, exempt: true as const }] : taxed
    const deposits = sum(lines.map(({ quantity, depositMinor = 0 }) => quantity * depositMinor))
    return {
      lines,
      taxes,
      totalMinor: sum(taxes.map(({ netMinor, taxMinor }) => netMinor + taxMinor)) + deposits,
      ...(isAdded ? { taxIncluded: false as const } : {}),
      ...(isExempt ? { exemption: { reason: 'Embassy', untaxedMinor: 0 } } : {}),
    }
  })

/** Everything that is left of the sale, cut into returns wherever chance says so. */
function* returnsOf(sold: Sale, cut: (most: number) => number): Generator<readonly WantedBack[]> {
  const left = sold.lines.map(unitsOf)
  while (left.some((units) => units > 0)) {
    const wanted = left.flatMap((units, at) => (units === 0 ? [] : [{ line: at, units: Math.min(units, cut(units)) }])).filter(({ units }) => units > 0)
    if (wanted.length === 0) continue
    for (const { line: at, units } of wanted) left[at] = (left[at] ?? 0) - units
    yield wanted
  }
}

describe('goods that come back', () => {
  test('in whatever pieces: all of them are worth exactly what was paid, in every rate, and none less than nothing', () => {
    fc.assert(
      fc.property(sale, fc.gen(), (sold, gen) => {
        const before: ReturnedLine[] = []
        const taxes = new Map<string, TaxTotal>()
        let total = 0
        for (const wanted of returnsOf(sold, (most) => gen(fc.integer, { min: most > 40 ? Math.ceil(most / 3) : 0, max: most }))) {
          const worth = worthOf(sold, before, wanted)
          if (!worth.ok) throw new Error(worth.code)
          before.push(...worth.value.lines)
          total += worth.value.totalMinor
          expect(worth.value.totalMinor).toBeGreaterThanOrEqual(0)
          expect(total).toBeLessThanOrEqual(sold.totalMinor)
          for (const tax of worth.value.taxes) {
            expect(Math.min(tax.netMinor, tax.taxMinor)).toBeGreaterThanOrEqual(0)
            const key = `${tax.ratePpm}/${tax.exempt === true}`
            const { netMinor, taxMinor } = taxes.get(key) ?? { netMinor: 0, taxMinor: 0 }
            taxes.set(key, { ...tax, netMinor: netMinor + tax.netMinor, taxMinor: taxMinor + tax.taxMinor })
          }
          expect(worth.value.isAll).toBe(sold.lines.every((one, at) => unitsBack(sold, before)[at] === unitsOf(one)))
        }
        expect(total).toBe(sold.totalMinor)
        expect([...taxes.values()].toSorted(byRate)).toEqual(sold.taxes.filter(({ netMinor, taxMinor }) => netMinor + taxMinor > 0).toSorted(byRate))
        expect(sum(before.map(({ totalMinor }) => totalMinor))).toBe(sum(sold.lines.map(({ totalMinor }) => totalMinor)))
      }),
    )
  })

  test('never more of a line than was sold, in one return or in several', () => {
    fc.assert(
      fc.property(sale, fc.nat(5), fc.integer({ min: 1, max: 50 }), (sold, at, more) => {
        const index = at % sold.lines.length
        const units = unitsOf(sold.lines[index] ?? { quantity: 0 })
        expect(worthOf(sold, [], [{ line: index, units: units + more }]).ok).toBe(false)
        const first = worthOf(sold, [], [{ line: index, units }])
        if (!first.ok) throw new Error(first.code)
        expect(worthOf(sold, first.value.lines, [{ line: index, units: more }])).toMatchObject({ ok: false, code: 'return.more_than_sold' })
        expect(
          worthOf(
            sold,
            [],
            [
              { line: index, units: units },
              { line: index, units: more },
            ],
          ),
        ).toMatchObject({ ok: false, code: 'return.more_than_sold' })
      }),
    )
  })

  test('not what was never sold, nothing, and no gift card', () => {
    const goods: SaleLine = { gtin: '9520000000011', name: 'Tea', quantity: 2, unitMinor: 100, taxPpm: 0, totalMinor: 200 }
    const card: SaleLine = { ...goods, name: 'Gift card', quantity: 1, totalMinor: 100, taxExempt: true, creditId: '0198c0de-0000-7000-8000-0000000000c1' }
    const sold = { lines: [goods, card], taxes: [{ ratePpm: 0, netMinor: 200, taxMinor: 0 }] }
    for (const wanted of [[], [{ line: 2, units: 1 }], [{ line: -1, units: 1 }], [{ line: 0, units: 0 }], [{ line: 0, units: 0.5 }]])
      expect(worthOf(sold, [], wanted).ok).toBe(false)
    expect(worthOf(sold, [], [{ line: 1, units: 1 }])).toMatchObject({ code: 'return.not_returnable' })
    expect(worthOf(sold, [], [{ line: 0, units: 2 }])).toMatchObject({ ok: true, value: { totalMinor: 200, isAll: false } })
    expect(isReturnable(card)).toBe(false)
  })
})

const byRate = (a: TaxTotal, b: TaxTotal): number => a.ratePpm - b.ratePpm || Number(a.exempt === true) - Number(b.exempt === true)
