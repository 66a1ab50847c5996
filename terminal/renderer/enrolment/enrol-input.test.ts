import { expect, test } from 'vitest'
import { enrolInput } from './enrol-input.ts'

test('what was pasted with spaces around it is taken', () => {
  expect(enrolInput(' http://127.0.0.1:8080/ ', ' ABCDEFGH-0123456789abcdef\n')).toEqual({
    command: { type: 'enrol', hub: 'http://127.0.0.1:8080/', code: 'ABCDEFGH-0123456789abcdef' },
  })
})

test('what the core would not even answer is said at the field', () => {
  for (const hub of ['', 'hub.example:8080', 'ftp://hub.example', 'http://', `http://hub.example/${'x'.repeat(300)}`]) {
    expect(enrolInput(hub, 'ABCDEFGH-0123456789abcdef')).toEqual({ wrong: 'hub' })
  }
  for (const code of ['', 'ABC', 'A'.repeat(65)]) expect(enrolInput('https://hub.example', code)).toEqual({ wrong: 'code' })
})
