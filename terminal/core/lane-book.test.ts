import { expect, test } from 'vitest'
import type { Id } from '#protocol/ids.ts'
import type { LaneSays } from '#protocol/lanes/messages.ts'
import { LaneBook, SPENT_TOLD_FOR } from './lane-book.ts'

const nonce = 'ab'.repeat(16)
const markOf = (n: number): string => n.toString(16).padStart(32, '0')

/** A book that hears lanes by name, each in its own order. */
function openBook() {
  const book = new LaneBook(nonce)
  const numbers = new Map<Id, number>()
  const hear = (from: Id, says: LaneSays, now = 0) => {
    const n = (numbers.get(from) ?? 0) + 1
    numbers.set(from, n)
    return book.take({ v: 1, store: 's', from, run: 1, n, says }, now)
  }
  const spends = (from: Id, credential: number, counter: number, now = 0) =>
    hear(from, { kind: 'spent', credential: markOf(credential), counter, wallet: markOf(1), exposureMinor: 100 }, now)
  return { book, hear, spends }
}

test('a lane that claims to have spent any number of codes does not make the others’ forgotten', () => {
  const { book, spends } = openBook()
  spends('honest', 7, 3)
  for (let n = 100; n < 30_000; n++) spends('rogue', n, 1)
  expect(book.counterOf(markOf(7))).toBe(3)
  // Of its own, the newest are known.
  expect([book.counterOf(markOf(100)), book.counterOf(markOf(29_999))]).toEqual([0, 1])
})

test('what a lane said counts until it is none of the store any more, and codes for ten minutes', () => {
  const { book, hear, spends } = openBook()
  hear('rogue', { kind: 'state', answers: [nonce], spent: [[markOf(7), 1_000_000]], exposure: [[markOf(1), 9_999_999]], given: [], had: [] })
  spends('honest', 7, 3)
  expect([book.counterOf(markOf(7)), book.exposureOf(markOf(1))]).toEqual([1_000_000, 9_999_999])
  book.keepOnly(new Set(['honest']))
  expect([book.counterOf(markOf(7)), book.exposureOf(markOf(1))]).toEqual([3, 0])
  book.forget(SPENT_TOLD_FOR - 1)
  expect(book.counterOf(markOf(7))).toBe(3)
  book.forget(SPENT_TOLD_FOR)
  expect(book.counterOf(markOf(7))).toBe(0)
})
