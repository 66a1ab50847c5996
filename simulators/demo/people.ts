import { mkdirSync } from 'node:fs'
import { systemClock } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { isPin } from '#protocol/node/pin.ts'
import { newMember, readStaff, writeStaff } from '../../hub/staff-file.ts'

const people = [
  { name: 'Ada', role: 'manager', pin: '1111' },
  { name: 'Ben', role: 'cashier', pin: '2222' },
] as const

/** Who works in the demo shop, written into the hub's folder. */
export function inventPeople(hubData: string): void {
  mkdirSync(hubData, { recursive: true, mode: 0o700 })
  const members = people.map((person) => newMember(nodeCrypto, systemClock.now(), person))
  writeStaff(hubData, readStaff(hubData), members)
}

/** Those of them who are still on the list with the PIN that everybody may know. */
export function peopleOf(hubData: string): readonly (typeof people)[number][] {
  const { staff } = readStaff(hubData)
  return people.filter(({ name, pin }) => staff.some((member) => member.name === name && isPin(pin, member.pin)))
}
