import { describe, expect, test } from 'vitest'
import { errorCodes, errors, isErrorCode } from './errors.ts'
import { fail, invariant, ok, unreachable } from './outcome.ts'

describe('outcomes', () => {
  test('carry a value or a code, and a detail only where there is one', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 })
    expect(fail('till.busy')).toStrictEqual({ ok: false, code: 'till.busy' })
    expect(fail('till.busy', 'who')).toStrictEqual({ ok: false, code: 'till.busy', detail: 'who' })
  })

  test('a broken invariant throws and says which', () => {
    expect(() => invariant(0, 'one is one')).toThrow('invariant broken: one is one')
    expect(() => invariant('yes', '')).not.toThrow()
    expect(() => unreachable('x' as never)).toThrow('unreachable: x')
  })
})

describe('the table of errors', () => {
  test.each(errorCodes)('%s says in a sentence what happened and what to do', (code) => {
    const { say, next } = errors[code]
    for (const sentence of [say, next]) expect(sentence).toMatch(/^\p{Lu}.{8,}[.]$/u)
    expect(say.length).toBeLessThanOrEqual(110)
    expect(code).toMatch(/^[a-z]+\.[a-z]+(?:_[a-z]+)*$/)
  })

  test('knows its own codes and no others', () => {
    expect(errorCodes.every(isErrorCode)).toBe(true)
    expect(['', 'toString', '__proto__', 'code', 'till.Busy'].filter(isErrorCode)).toEqual([])
  })
})
