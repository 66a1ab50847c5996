import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoShop } from './demo-shop.ts'
import { badgeHash, readStaff, withStaff } from './staff-file.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { isPin } from '#protocol/node/pin.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'staff-'))
})
afterEach(() => rmSync(data, { recursive: true }))

type Told = { readonly id: string; readonly name: string; readonly role: string; readonly pin?: string; readonly badge?: string }
const staff = (args: readonly string[], pin?: string): readonly Told[] =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'staff-cli.ts'), '--data', data, '--json', ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...(pin === undefined ? {} : { STILLPOINT_PIN: pin }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ) as readonly Told[]

test('people are added, get another PIN or badge, and leave; each change is a newer catalogue', () => {
  expect(withStaff(demoShop, readStaff(data))).toBe(demoShop)
  const [ada] = staff(['add', '--name', 'Ada', '--role', 'manager', '--badge'], '4711')
  const [ben] = staff(['add', '--name', 'Ben', '--role', 'cashier'])
  if (ada?.badge === undefined || ben?.pin === undefined) throw new Error('both were added')
  expect(ben.pin).toMatch(/^\d{6}$/)
  const shop = withStaff(demoShop, readStaff(data))
  expect(shop.catalogueVersion).toBe(demoShop.catalogueVersion + 2)
  const [manager, cashier] = shop.staff ?? []
  if (manager === undefined || cashier === undefined) throw new Error('both are on the list')
  expect([isPin('4711', manager.pin), isPin(ben.pin, cashier.pin), isPin('4711', cashier.pin)]).toEqual([true, true, false])
  expect(manager.badge).toBe(badgeHash(nodeCrypto, ada.badge))
  expect(statSync(join(data, 'staff.json')).mode & 0o077).toBe(0)

  const [again] = staff(['pin', ben.id])
  const [badge] = staff(['badge', ada.id])
  expect(badge?.badge).not.toBe(ada.badge)
  expect(isPin(again?.pin ?? '', readStaff(data).staff.find(({ id }) => id === ben.id)?.pin ?? manager.pin)).toBe(true)
  staff(['remove', ada.id])
  expect(staff(['list'])).toEqual([{ id: ben.id, name: 'Ben', role: 'cashier' }])
  staff(['remove', ben.id])
  expect(withStaff(demoShop, readStaff(data))).toEqual({ ...demoShop, catalogueVersion: demoShop.catalogueVersion + 6 })
})

test('what is no role, no PIN, nobody or no list is refused, and nothing changes', () => {
  expect(() => staff(['add', '--name', 'Ada', '--role', 'king'])).toThrow()
  expect(() => staff(['add', '--name', 'Ada', '--role', 'manager'], '12')).toThrow()
  expect(() => staff(['remove', 'nobody'])).toThrow()
  expect(readStaff(data)).toEqual({ version: 0, staff: [] })
  writeFileSync(join(data, 'staff.json'), '{"version":1,"staff":[{"name":"Ada"}]}')
  expect(() => readStaff(data)).toThrow()
})
