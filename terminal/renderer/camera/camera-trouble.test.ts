import { expect, test } from 'vitest'
import { troubleOf } from './camera-trouble.ts'

test.each([
  ['NotAllowedError', 'refused'],
  ['NotFoundError', 'none'],
  ['NotReadableError', 'busy'],
  ['SomethingNew', 'broken'],
])('%s is told as: %s', (name, trouble) => {
  expect(troubleOf(new DOMException('', name))).toBe(trouble)
})

test('what is no error is told, too', () => {
  expect(troubleOf('?')).toBe('broken')
})
