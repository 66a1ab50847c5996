import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue, type Due } from './due-queue.ts'

test('gives what is due in the order of time, equals as they came, whatever came late and wherever its ring begins', () => {
  const act = fc.oneof(fc.record({ add: fc.nat(30) }), fc.record({ take: fc.nat(30) }))
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const queue = new DueQueue(4)
      const naive: { at: number; id: number }[] = []
      const due: Due = { at: 0, card: 0, terminal: 0, id: 0 }
      acts.forEach((one, id) => {
        if ('add' in one) {
          queue.add(one.add, id + 1, id + 2, id)
          const place = naive.findIndex(({ at }) => at > one.add)
          naive.splice(place < 0 ? naive.length : place, 0, { at: one.add, id })
        } else {
          const [first] = naive
          const isDue = first !== undefined && first.at <= one.take
          expect(queue.take(one.take, due)).toBe(isDue)
          if (isDue) expect(due).toEqual({ at: first.at, card: first.id + 1, terminal: first.id + 2, id: first.id })
          if (isDue) naive.shift()
        }
        expect(queue.length).toBe(naive.length)
        expect(DueQueue.load(queue.save()).save()).toEqual(queue.save())
        expect([...queue.save()].filter((_, column) => column % 4 === 3)).toEqual(naive.map((each) => each.id))
      })
    }),
  )
})
