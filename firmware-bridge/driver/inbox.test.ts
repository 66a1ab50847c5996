import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import { fairInbox, FLOOD_WINDOW, rateLimit, TURN_BYTES } from './inbox.ts'
import type { LineEvent } from './machine.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

const bytes = (length: number, value = 0): LineEvent => ({ type: 'bytes', bytes: new Uint8Array(length).fill(value) })

function start(sliced = true) {
  const taken: LineEvent[] = []
  const inbox = fairInbox(systemTimers, sliced, (event) => taken.push(event))
  const sizes = () => taken.map((event) => (event.type === 'bytes' ? event.bytes.length : event.type))
  return { inbox, taken, sizes }
}

describe('an inbox', () => {
  it('hands on at once what an ordinary device sends', () => {
    const { inbox, sizes } = start()
    inbox.add({ type: 'opened' })
    inbox.add(bytes(14))
    inbox.add({ type: 'closed', why: 'unplugged' })
    expect(sizes()).toEqual(['opened', 14, 'closed'])
  })

  it('lets the others have their turn after so many bytes', () => {
    const { inbox, sizes } = start()
    inbox.add(bytes(2 * TURN_BYTES + 1))
    expect(sizes()).toEqual([TURN_BYTES])
    inbox.add({ type: 'closed', why: 'unplugged' })
    vi.advanceTimersToNextTimer()
    expect(sizes()).toEqual([TURN_BYTES, TURN_BYTES])
    vi.advanceTimersToNextTimer()
    expect(sizes()).toEqual([TURN_BYTES, TURN_BYTES, 1, 'closed'])
  })

  it('never cuts a report, but counts it', () => {
    const { inbox, sizes } = start(false)
    inbox.add(bytes(TURN_BYTES + 100))
    inbox.add(bytes(64))
    expect(sizes()).toEqual([TURN_BYTES + 100])
    vi.runAllTimers()
    expect(sizes()).toEqual([TURN_BYTES + 100, 64])
  })

  it('forgets what waits', () => {
    const { inbox, sizes } = start()
    inbox.add(bytes(3 * TURN_BYTES))
    inbox.clear()
    inbox.add({ type: 'opened' })
    vi.runAllTimers()
    expect(sizes()).toEqual([TURN_BYTES, 'opened'])
  })

  it('loses and reorders nothing, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 3 * TURN_BYTES }), fc.constant('turn' as const)), { maxLength: 30 }), (what) => {
        const { inbox, taken } = start()
        let value = 0
        const sent: number[] = []
        for (const one of what) {
          if (one === 'turn') vi.advanceTimersByTime(1)
          else {
            value = (value + 1) % 256
            inbox.add(bytes(one, value))
            for (let n = 0; n < one; n++) sent.push(value)
          }
        }
        vi.runAllTimers()
        const got = taken.flatMap((event) => (event.type === 'bytes' ? [...event.bytes] : []))
        expect(got).toEqual(sent)
      }),
      { numRuns: 50 },
    )
  })
})

it('a limit counts within its window only', () => {
  const limit = rateLimit(systemTimers, 10, FLOOD_WINDOW)
  expect(limit.exceeds(10)).toBe(false)
  expect(limit.exceeds(1)).toBe(true)
  vi.advanceTimersByTime(FLOOD_WINDOW)
  expect(limit.exceeds(10)).toBe(false)
  limit.close()
  expect(vi.getTimerCount()).toBe(0)
})
