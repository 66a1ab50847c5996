import { expect, test } from 'vitest'
import { troubleOf } from './camera-trouble.ts'

test.each([
  ['NotAllowedError', 'This page may not use the camera.'],
  ['NotFoundError', 'There is no camera.'],
  ['NotReadableError', 'Another program is using the camera.'],
  ['SomethingNew', 'The camera gives no picture.'],
])('%s is told as: %s', (name, say) => {
  expect(troubleOf(new DOMException('', name)).say).toBe(say)
  expect(troubleOf(new DOMException('', name)).next).not.toBe('')
})

test('what is no error is told, too', () => {
  expect(troubleOf('?').say).toBe('The camera gives no picture.')
})
