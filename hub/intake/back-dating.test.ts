import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cited, floorOf, judgedAt, misdated, NO_TIMELINE, said, type Timeline } from './back-dating.ts'

const ack = (at: number, hash = `ack of ${at}`) => ({ hash, at, epoch: 1, n: 1 })
const cites = (at: number, waiting = 0) => ({ lastAck: `ack of ${at}`, waiting })
const told = (...times: number[]): Timeline => times.reduce((timeline, at) => said(timeline, ack(at)), NO_TIMELINE)

describe('the floor of a till’s times', () => {
  it('is the acknowledgement that a till without a backlog cites', () => {
    expect(cited(told(1000, 2000), cites(2000)).floorAt).toBe(2000)
    expect(cited(told(1000, 2000), cites(1000)).floorAt).toBe(1000)
  })

  it.each([
    ['entries wait behind the batch', cites(2000, 3)],
    ['an old till does not say whether any wait', { ...cites(2000), waiting: undefined }],
    ['the acknowledgement is none of the hub’s', cites(1500)],
  ])('stays as it was when %s', (_, batch) => {
    const before = cited(told(1000, 2000), cites(1000))
    expect(cited(before, batch)).toEqual(before)
  })

  it('is not lowered by a batch that comes a second time, nor by one that cites what is too old', () => {
    const after = cited(told(1000, 2000, 3000), cites(2000))
    expect(cited(after, cites(1000)).floorAt).toBe(2000)
    expect(cited(cited(told(1, 2, 3, 4, 5), cites(1)), cites(1)).floorAt).toBeUndefined()
  })

  it('is forgotten when the hub’s clock was put back', () => {
    const ahead = cited(told(50_000, 60_000), cites(60_000))
    expect(floorOf(ahead, 70_000)).toBe(60_000)
    expect(floorOf(ahead, 59_999)).toBeUndefined()
    expect(said(ahead, ack(20_000))).toEqual({ floorAt: undefined, acks: [ack(20_000)] })
  })

  it('is of an acknowledgement that was sent, keeps few of them, and rises while the hub’s clock does', () => {
    const step = fc.record({ passed: fc.integer({ min: 0, max: 1000 }), back: fc.integer({ min: 0, max: 6 }), waiting: fc.integer({ min: 0, max: 1 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const times: number[] = []
        let timeline = NO_TIMELINE
        let now = 0
        for (const { passed, back, waiting } of steps) {
          now += passed
          times.push(now)
          timeline = said(timeline, ack(now, String(times.length)))
          const before = timeline.floorAt ?? 0
          timeline = cited(timeline, { lastAck: String(times.length - back), waiting })
          expect(timeline.acks.length).toBeLessThanOrEqual(4)
          expect(timeline.floorAt ?? 0).toBeGreaterThanOrEqual(before)
          if (timeline.floorAt !== undefined) expect(times).toContain(timeline.floorAt)
        }
      }),
    )
  })
})

describe('the time of an entry', () => {
  it.each([
    [8000, undefined],
    [7999, 'entry.backdated'],
    [20_000 + 120_000, undefined],
    [20_000 + 120_001, 'entry.postdated'],
  ])('%d between a floor of 10 s and receipt at 20 s is %s', (at, code) => {
    expect(misdated(at, { floorAt: 10_000, receivedAt: 20_000 })).toBe(code)
  })

  it('counts as the floor for what it proves when it is below, and as itself otherwise', () => {
    const dated = { floorAt: 10_000, receivedAt: 20_000 }
    expect([5000, 9000, 15_000, 900_000].map((at) => judgedAt(at, dated))).toEqual([10_000, 9000, 15_000, 900_000])
    expect(judgedAt(5000, { floorAt: undefined, receivedAt: 20_000 })).toBe(5000)
  })
})
