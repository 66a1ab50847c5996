import { expect, test } from 'vitest'
import { parseOptions, parseWhole } from './options.ts'

const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const

test('a mistyped option is one sentence that names it', () => {
  const complaintOf = (...args: string[]) => parseOptions({ args, options })
  expect(complaintOf('--jsno')).toEqual({ complaint: "Unknown option '--jsno'. --help lists the options." })
  expect(complaintOf('extra')).toEqual({ complaint: "Unexpected argument 'extra'. --help lists the options." })
  expect(complaintOf('--data')).toEqual({ complaint: "Option '--data <value>' argument missing. --help lists the options." })
  expect(complaintOf('--data', '--json')).toEqual({ complaint: "Option '--data' argument is ambiguous. --help lists the options." })
  expect(complaintOf('--data', 'x.y')).toMatchObject({ values: { data: 'x.y' } })
})

test('a number that is none, or out of range, names its option', () => {
  expect(parseWhole('--seeds', '1', 1)).toBe(1)
  expect(parseWhole('--seeds', '0', 1)).toEqual({ complaint: '--seeds 0: it takes a whole number from 1 to 999999999.' })
  expect(parseWhole('--seed', 'abc', 0)).toEqual({ complaint: '--seed abc: it takes a whole number from 0 to 999999999.' })
  expect(parseWhole('--port', '65001', 1, 65_000)).toHaveProperty('complaint')
  expect(parseWhole('--port', '', 1)).toHaveProperty('complaint')
})
