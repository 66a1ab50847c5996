import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import { readStaff, writeStaff } from '../../hub/staff-file.ts'
import { inventPeople, peopleOf } from './people.ts'

test('the people of the demo shop can sign in with the PINs that are told, and only those are told that still count', () => {
  const data = mkdtempSync(join(tmpdir(), 'people-'))
  expect(peopleOf(data)).toEqual([])
  inventPeople(data)
  expect(peopleOf(data).map(({ name }) => name)).toEqual(['Ada', 'Ben'])
  const file = readStaff(data)
  const pin = keepPin(nodeCrypto, '9876', { memory: 8, passes: 1 })
  writeStaff(
    data,
    file,
    file.staff.map((member) => (member.name === 'Ada' ? { ...member, pin } : member)),
  )
  expect(peopleOf(data).map(({ name }) => name)).toEqual(['Ben'])
  rmSync(data, { recursive: true })
})
