import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { celEnvironment, conditionOf } from './cel.ts'
import { firedWords, rulesAsCode, type CompiledRules, type RiskRule } from '#protocol/risk/rules.ts'

const names = ['amount', 'card_mean_30d', 'terminal_fraud_run']
const environment = celEnvironment(names)

/** What our translation says of these values. */
function says(text: string, values: readonly number[]): boolean {
  const translated = conditionOf(environment, text)
  if (!translated.ok) throw new Error(`${text}: ${translated.detail}`)
  const rule: RiskRule = { id: 'r', says: 'so', cel: text, outcome: 'review', when: translated.value }
  // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
  const compiled = new Function('f', 'fired', rulesAsCode([rule], names)) as CompiledRules
  const fired = new Uint32Array(firedWords(1))
  compiled(Float64Array.from(values), fired)
  return fired[0] === 1
}

const number = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...names),
    fc.constantFrom('0.0', '1.5', '-0.0', '3.0', '1e3'),
    fc.tuple(tie('any'), fc.constantFrom('+', '-', '*', '/'), tie('any')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(fc.constantFrom(...names), fc.constantFrom('+', '-', '*', '/'), fc.constantFrom('2', '-7', '0')).map((parts) => `(${parts.join(' ')})`),
    tie('any').map((inner) => `-(${inner})`),
  ),
})).any
const yesNo = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(number, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), number).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(fc.constantFrom(...names), fc.constantFrom('<', '<=', '>', '>='), fc.constantFrom('5', '-1', '0')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([asked, yes, no]) => `(${asked} ? ${yes} : ${no})`),
    tie('any').map((inner) => `!${inner}`),
  ),
})).any

describe('an expression in CEL', () => {
  it('says what the library itself would say of it', () => {
    const value = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constantFrom(0, -1, 5, 1.5))
    fc.assert(
      fc.property(yesNo, fc.array(value, { minLength: 3, maxLength: 3 }), (text, values) => {
        fc.pre(text.length < 900 && environment.check(text).valid)
        const context = Object.fromEntries(names.map((name, k) => [name, values[k] ?? 0]))
        expect(says(text, values)).toBe(environment.evaluate(text, context))
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['amount > 3.0 * card_mean_30d && terminal_fraud_run >= 2', [700, 200, 2], true],
    ['amount > 3 * card_mean_30d', [500, 200, 0], false],
    ['amount / card_mean_30d > 1000000', [1, 0, 0], true],
    ['terminal_fraud_run > 0 ? amount > 10 : amount > 1000', [50, 0, 1], true],
  ])('%s', (text, values, expected) => expect(says(text, values)).toBe(expected))

  it.each([
    ['what is no feature', 'password > 1.0'],
    ['a method', 'string(amount).size() > 3'],
    ['a text', '"a" == "a"'],
    ['a list and a loop', '[1, 2].exists(x, x > 1)'],
    ['a number', 'amount + 1.0'],
    ['yes alone', 'true'],
    ['a comparison of comparisons', '(amount > 1.0) == (amount > 2.0)'],
    ['whole numbers that CEL would round', '7 / 2 > amount'],
    ['half a sentence', 'amount >'],
    ['code', 'amount > 1.0; process.exit()'],
    ['a property', 'amount.constructor == amount'],
    ['a whole number that is not exact', 'amount > 9007199254740993'],
    ['nothing', ''],
    ['a thousand brackets', `${'('.repeat(400)}amount > 1.0${')'.repeat(400)}`],
    ['choices that ask choices', Array.from({ length: 20 }).reduce<string>((asked) => `(${asked} ? amount > 2.0 : amount > 3.0)`, 'amount > 1.0')],
    ['more than is read', `amount > 1.0 ${'&& amount > 1.0 '.repeat(80)}`],
  ])('is refused with %s', (_, text) => expect(conditionOf(environment, text)).toMatchObject({ ok: false, code: 'risk.bad_expression' }))

  it('of any text is translated or refused, and never thrown about', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom('amount', '>', '1', '(', ')', '&&', '-', '[', '"', '.', '?', ':')).map((parts) => parts.join(' ')),
        ),
        (text) => {
          expect(typeof conditionOf(environment, text).ok).toBe('boolean')
        },
      ),
    )
  })
})
