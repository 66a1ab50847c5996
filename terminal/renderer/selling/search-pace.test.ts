import { expect, test } from 'vitest'
import { handTimers } from '../test-view.ts'
import { createSearchPace, REST } from './search-pace.ts'

function setUp() {
  const timers = handTimers()
  const asked: string[] = []
  return { timers, asked, type: createSearchPace(timers, (text) => asked.push(text)) }
}

test('a letter is asked for at once, and so is each further one of a person', () => {
  const { timers, asked, type } = setUp()
  for (const text of ['k', 'ke', 'kel']) {
    type(text)
    expect(asked.at(-1)).toBe(text)
    expect(timers.delays).toEqual([REST])
    timers.runNext()
  }
  expect(asked).toEqual(['k', 'ke', 'kel'])
  expect(timers.delays).toEqual([])
})

test('of what a scanner types, the first and then the newest after each rest', () => {
  const { timers, asked, type } = setUp()
  for (let length = 1; length <= 8; length++) {
    type('40063813'.slice(0, length))
    if (length % 4 === 0) timers.runNext()
  }
  expect(asked).toEqual(['4', '4006', '40063813'])
})

test('what was cleared is not asked for any more', () => {
  const { timers, asked, type } = setUp()
  type('a')
  type('ab')
  type('')
  timers.runNext()
  expect(asked).toEqual(['a'])
  type('c')
  expect(asked).toEqual(['a', 'c'])
})
