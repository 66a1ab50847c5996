import { appendFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { policyKeptIn } from './keeping.ts'

test('what was denied comes back line by line, also after a power cut in the middle of one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'))
  const { denied, policy } = policyKeptIn(folder)
  expect([denied.read(), policy.read()]).toEqual([[], undefined])
  denied.append('first')
  appendFileSync(join(folder, 'denied.jsonl'), 'hal')
  expect(denied.read()).toEqual(['first'])
  denied.append('second')
  expect(policyKeptIn(folder).denied.read()).toEqual(['first', 'second'])
  policy.write('{}')
  expect(policyKeptIn(folder).policy.read()).toBe('{}')
})
