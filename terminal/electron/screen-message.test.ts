import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_COMMAND_BYTES } from '#protocol/till-api/api.ts'
import { readFromScreen } from './screen-message.ts'

const scan = (text: string) => ({ type: 'command', id: 'screen-1', command: { type: 'scan', text } })

test('a command comes through as it was sent', () => {
  expect(readFromScreen(JSON.stringify(scan('4006381333931')))).toEqual(scan('4006381333931'))
})

test('text that is not a command does not, nor does anything that is not text', () => {
  expect(readFromScreen(JSON.stringify({ ...scan('a'), extra: 1 }))).toBeUndefined()
  expect(readFromScreen(JSON.stringify({ ...scan('a'), command: { type: 'openTheSafe' } }))).toBeUndefined()
  expect(readFromScreen(scan('a'))).toBeUndefined()
  fc.assert(fc.property(fc.anything(), (data) => readFromScreen(data) === undefined))
})

test('the size is looked at before the text is read, in bytes', () => {
  const padded = (bytes: number) => JSON.stringify(scan('a')).padEnd(bytes, ' ')
  expect(readFromScreen(padded(MAX_COMMAND_BYTES))).toEqual(scan('a'))
  expect(readFromScreen(padded(MAX_COMMAND_BYTES + 1))).toBeUndefined()
  expect(readFromScreen(JSON.stringify(scan('€'.repeat(4096))))).toEqual(scan('€'.repeat(4096)))
  expect(readFromScreen(`${JSON.stringify(scan('€'.repeat(4096)))}${' '.repeat(4096)}`)).toBeUndefined()
})
