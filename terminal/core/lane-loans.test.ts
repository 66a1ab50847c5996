import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Loans } from './lane-loans.ts'

const SLICE = 1000
const LANES = ['a', 'b', 'c'] as const
type Name = (typeof LANES)[number]
const all = new Set<string>(LANES)

/** Each lane on a disk of its own; what it gives is on its way, may be said again for ever, and comes when it comes. */
function openLanes() {
  const disks = new Map<Name, Map<string, string>>(LANES.map((name) => [name, new Map()]))
  const said: { readonly from: Name; readonly to: Name; readonly totalMinor: number }[] = []
  const spent = new Map<Name, number>(LANES.map((name) => [name, 0]))
  const start = (name: Name): Loans => {
    const disk = disks.get(name) ?? new Map<string, string>()
    return new Loans({
      commit: ({ put = {} }) => {
        for (const [key, text] of Object.entries(put)) disk.set(key, text)
      },
      records: () => new Map(disk),
    })
  }
  const loans = new Map<Name, Loans>(LANES.map((name) => [name, start(name)]))
  const of = (name: Name): Loans => loans.get(name) ?? start(name)
  const left = (name: Name): number => SLICE + of(name).balance(all) - (spent.get(name) ?? 0)
  return { disks, said, spent, loans, start, of, left }
}

const name = fc.constantFrom(...LANES)
const act = fc.oneof(
  fc.record({ do: fc.constant('give' as const), from: name, to: name, minor: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ do: fc.constant('hear' as const), which: fc.nat(50) }),
  fc.record({ do: fc.constant('spend' as const), from: name, minor: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ do: fc.constant('restart' as const), from: name }),
)

test('whatever is lost, repeated or comes late, all together never may spend more than the slices', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const store = openLanes()
      for (const one of acts) {
        if (one.do === 'give' && one.from !== one.to) {
          const totalMinor = store.of(one.from).give(one.to, one.minor, store.left(one.from))
          if (totalMinor !== undefined) store.said.push({ from: one.from, to: one.to, totalMinor })
        }
        const message = one.do === 'hear' ? store.said[one.which % Math.max(1, store.said.length)] : undefined
        if (message !== undefined) store.of(message.to).receive(message.from, message.totalMinor)
        if (one.do === 'spend' && one.minor <= store.left(one.from)) store.spent.set(one.from, (store.spent.get(one.from) ?? 0) + one.minor)
        if (one.do === 'restart') store.loans.set(one.from, store.start(one.from))
        const spent = LANES.reduce((sum, lane) => sum + (store.spent.get(lane) ?? 0), 0)
        const may = LANES.reduce((sum, lane) => sum + Math.max(0, store.left(lane)), 0)
        expect(spent + may).toBeLessThanOrEqual(SLICE * LANES.length)
        expect(LANES.every((lane) => store.left(lane) >= 0)).toBe(true)
      }
    }),
  )
})

test('a lane whose disk was put back is reminded of what it gave by who had it', () => {
  const store = openLanes()
  const total = store.of('a').give('b', 400, SLICE)
  store.of('b').receive('a', total ?? 0)
  store.disks.get('a')?.clear()
  const again = store.start('a')
  expect(again.balance(all)).toBe(0)
  again.remember('b', 400)
  expect(again.balance(all)).toBe(-400)
})

test('nothing is given of nothing, and what was had of a till that the store has no more counts no more', () => {
  const store = openLanes()
  expect(store.of('a').give('b', 400, 1)).toBeUndefined()
  store.of('a').receive('c', 300)
  expect(store.of('a').balance(all)).toBe(300)
  expect(store.of('a').balance(new Set(['a', 'b']))).toBe(0)
})

const disk = () => {
  const kept = new Map<string, string>()
  return { commit: ({ put = {} }: { put?: Record<string, string> }) => Object.entries(put).forEach(([key, text]) => kept.set(key, text)), records: () => kept }
}

test('what a lane that was lost has of this one is missing here until it cannot be spent any more', () => {
  const store = disk()
  const loans = new Loans(store)
  expect(loans.give('b', 300, 1000)).toBe(300)
  loans.receive('c', 100)
  loans.keepOnly(new Set(['a', 'c']), 10, 500)
  expect(loans.balance(new Set(['a', 'c']))).toBe(-200)
  // Said again, by a till that starts anew, it ends when it would have.
  const again = new Loans(store)
  again.keepOnly(new Set(['a', 'c']), 400, 900)
  expect(again.balance(new Set(['a', 'c']))).toBe(-200)
  again.keepOnly(new Set(['a', 'c']), 501, 1001)
  expect(again.balance(new Set(['a', 'c']))).toBe(100)
  // What a lane that is gone gave is in nobody's hands from that moment on.
  again.keepOnly(new Set(['a']), 502, 1002)
  expect(again.balance(new Set(['a']))).toBe(0)
})

test('a lane that claims to have had more than this one ever gave stops it only as long as it is a lane', () => {
  const loans = new Loans(disk())
  loans.give('b', 300, 1000)
  loans.remember('b', 1_000_000)
  expect(loans.balance(all)).toBe(-1_000_000)
  loans.keepOnly(new Set(['a', 'c']), 10, 500)
  expect(loans.balance(new Set(['a', 'c']))).toBe(-300)
})
