import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACK_TIMEOUT, compare, hasUnsent, IDLE_PROBE, newOutbox, stepOutbox, type Outbox, type OutboxEvent } from './outbox.ts'

const at = (n: number) => ({ epoch: 1, n })
const run = (events: readonly (readonly [number, OutboxEvent])[], start: Outbox = newOutbox(at(0), at(0), at(0))) => {
  let state = start
  const sent: string[] = []
  for (const [now, event] of events) {
    const step = stepOutbox(state, event, now)
    state = step.state
    sent.push(...step.effects.map((effect) => effect.type))
  }
  return { state, sent }
}

describe('the outbox', () => {
  it('asks where the hub stands on connecting, and trusts it only after an answer', () => {
    const { state, sent } = run([[0, { type: 'connected' }]])
    expect(sent).toEqual(['send'])
    expect(state.answering).toBe(false)
    expect(
      run([
        [0, { type: 'connected' }],
        [1, { type: 'acknowledged', received: at(0), safe: at(0) }],
      ]).state.answering,
    ).toBe(true)
  })

  it('has one batch under way, however much is appended meanwhile', () => {
    const { sent } = run([
      [0, { type: 'connected' }],
      [1, { type: 'appended', head: at(1) }],
      [2, { type: 'appended', head: at(2) }],
    ])
    expect(sent).toEqual(['send'])
  })

  it('sends the rest as soon as the last batch is acknowledged', () => {
    const { sent, state } = run([
      [0, { type: 'connected' }],
      [1, { type: 'appended', head: at(2) }],
      [2, { type: 'acknowledged', received: at(0), safe: at(0) }],
      [3, { type: 'acknowledged', received: at(2), safe: at(2) }],
    ])
    expect(sent).toEqual(['send', 'send'])
    expect(hasUnsent(state)).toBe(false)
  })

  it('asks again after silence, then gives the connection up', () => {
    const live = run([
      [0, { type: 'connected' }],
      [1, { type: 'acknowledged', received: at(0), safe: at(0) }],
      [2, { type: 'appended', head: at(1) }],
    ])
    expect(live.state.answering).toBe(true)
    const once = run([[2 + ACK_TIMEOUT, { type: 'tick' }]], live.state)
    expect(once.sent).toEqual(['send'])
    expect(once.state.answering).toBe(false)
    const twice = run([[2 + 2 * ACK_TIMEOUT, { type: 'tick' }]], once.state)
    expect(twice.sent).toEqual(['reconnect'])
    expect(twice.state.connected).toBe(false)
  })

  it('probes an idle hub now and then', () => {
    const idle = run([
      [0, { type: 'connected' }],
      [1, { type: 'acknowledged', received: at(0), safe: at(0) }],
    ])
    expect(run([[IDLE_PROBE - 1, { type: 'tick' }]], idle.state).sent).toEqual([])
    expect(run([[IDLE_PROBE, { type: 'tick' }]], idle.state).sent).toEqual(['send'])
  })

  it('asks at once when somebody wants to know, never twice at a time, and connects anew when an answer is overdue (stripe android#485)', () => {
    const idle = run([
      [0, { type: 'connected' }],
      [1, { type: 'acknowledged', received: at(0), safe: at(0) }],
    ])
    const asked = run([[2, { type: 'sync' }]], idle.state)
    expect(asked.sent).toEqual(['send'])
    expect(run([[3, { type: 'sync' }]], asked.state).sent).toEqual([])
    const overdue = run([[2 + ACK_TIMEOUT, { type: 'sync' }]], asked.state)
    expect(overdue.sent).toEqual(['reconnect'])
    expect(overdue.state.connected).toBe(false)
    expect(run([[0, { type: 'sync' }]]).sent).toEqual(['reconnect'])
  })

  it('sends nothing while disconnected', () => {
    expect(
      run([
        [0, { type: 'appended', head: at(5) }],
        [99_999, { type: 'tick' }],
      ]).sent,
    ).toEqual([])
  })

  it('never has two batches under way without a silence or an answer between, under any events (invariant 7)', () => {
    const event: fc.Arbitrary<OutboxEvent> = fc.oneof(
      fc.constantFrom<OutboxEvent>({ type: 'connected' }, { type: 'disconnected' }, { type: 'tick' }, { type: 'sync' }, { type: 'unanswered' }),
      fc.nat(50).map((n): OutboxEvent => ({ type: 'appended', head: at(n) })),
      fc.nat(50).map((n): OutboxEvent => ({ type: 'acknowledged', received: at(n), safe: at(n) })),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4000), event), { maxLength: 80 }), (steps) => {
        let state = newOutbox(at(0), at(0), at(0))
        let now = 0
        let underWaySince: number | undefined
        for (const [pause, next] of steps) {
          now += pause
          if (next.type !== 'appended' && next.type !== 'tick' && next.type !== 'sync' && next.type !== 'unanswered') underWaySince = undefined
          const step = stepOutbox(state, next, now)
          for (const effect of step.effects) {
            if (effect.type === 'send') {
              expect(underWaySince === undefined || now - underWaySince >= ACK_TIMEOUT).toBe(true)
              underWaySince = now
            } else underWaySince = undefined
          }
          state = step.state
        }
      }),
    )
  })

  it('orders places by epoch first', () => {
    expect(compare({ epoch: 2, n: 1 }, { epoch: 1, n: 99 })).toBeGreaterThan(0)
  })
})
