import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import { askOnce, GRACE, MAX_ANSWERS } from './asked.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

function start() {
  const told: string[] = []
  const started: string[] = []
  const asked = askOnce<string>(
    systemTimers,
    (result) => told.push(result),
    (id) => `${id} not known`,
  )
  return { told, started, asked, ask: (id: string, deadline = 1000) => asked.ask(id, deadline, () => started.push(id)) }
}

describe('what the till asks for', () => {
  it('is started once and answered each time that it is asked', () => {
    const { told, started, asked, ask } = start()
    ask('a')
    ask('a')
    expect(told).toEqual([])
    asked.ended('a', 'a done')
    ask('a')
    expect(started).toEqual(['a'])
    expect(told).toEqual(['a done', 'a done'])
  })

  it('is not known once its driver should have said what came of it, and a later word changes nothing', () => {
    const { told, asked, ask } = start()
    ask('a', 1000)
    vi.advanceTimersByTime(1000 + GRACE - 1)
    expect(told).toEqual([])
    vi.advanceTimersByTime(1)
    asked.ended('a', 'a done')
    ask('a')
    expect(told).toEqual(['a not known', 'a not known'])
  })

  it('is not known when what should have done it is gone', () => {
    const { told, started, asked, ask } = start()
    ask('a')
    ask('b')
    asked.ended('a', 'a done')
    asked.abandon()
    ask('b')
    expect(started).toEqual(['a', 'b'])
    expect(told).toEqual(['a done', 'b not known', 'b not known'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is answered at once where its start ends it', () => {
    const { told, asked } = start()
    asked.ask('a', 1000, () => asked.ended('a', 'a refused'))
    expect(told).toEqual(['a refused'])
  })

  it('fills no memory: what nobody asked for is dropped, and old answers are forgotten', () => {
    const { told, started, asked, ask } = start()
    asked.ended('stranger', 'stranger done')
    expect(told).toEqual([])
    for (let n = 0; n <= MAX_ANSWERS; n++) {
      ask(`${n}`)
      asked.ended(`${n}`, 'done')
    }
    ask('1')
    expect(started).toHaveLength(MAX_ANSWERS + 1)
    ask('0')
    expect(started).toHaveLength(MAX_ANSWERS + 2)
  })
})
