import { expect, test } from 'vitest'
import { createNumbers, referenceOf } from './numbers.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { nextId } from '../test-rig.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, HOUR } from '#protocol/time.ts'

const START = Date.UTC(2026, 0, 5)

test('a trace number is used once within a day, also by a hub that was put back to a backup', async () => {
  let now = START
  const clock = { now: () => now }
  const seen = new Map<number, number>()
  for (let start = 0; start < 40; start++) {
    // Each time an empty disk: the oldest backup that there is.
    const numbers = createNumbers(openMemoryStore(memoryDisk()), 'bank', clock)
    for (let asked = 0; asked < 150; asked++) {
      const stan = (await numbers.next()) ?? 0
      expect(stan).toBeGreaterThanOrEqual(1)
      expect(stan).toBeLessThanOrEqual(999_999)
      expect(now - (seen.get(stan) ?? -DAY)).toBeGreaterThanOrEqual(DAY)
      seen.set(stan, now)
    }
    now += HOUR
  }
})

test('a reference is the same for the same ask, and another for any other', () => {
  const [one, other] = [nextId(), nextId()]
  const of = (id: string, kind: 'authorise' | 'sale' | 'capture' | 'refund' | 'reverse', nth: number) => referenceOf(nodeCrypto, id, kind, nth)
  expect(of(one, 'sale', 1)).toMatch(/^[0-9A-Z]{12}$/)
  // Money is taken once, whichever way it is asked for.
  expect(of(one, 'sale', 1)).toBe(of(one, 'capture', 1))
  const all = [one, other].flatMap((id) => (['authorise', 'sale', 'refund', 'reverse'] as const).flatMap((kind) => [1, 2].map((nth) => of(id, kind, nth))))
  expect(new Set(all).size).toBe(all.length)
})
