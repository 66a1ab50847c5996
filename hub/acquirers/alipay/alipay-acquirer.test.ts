import { describe, expect, it } from 'vitest'
import type { Exchange, ExchangeRef } from '../acquirer.ts'
import { nextId, START, TestClock } from '../../test-rig.ts'
import { alipayAcquirer } from './alipay-acquirer.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'

type Given = 'made' | 'refused' | 'silence'

/** An Alipay of which only refunds are asked: says what the script says, then what its books have. */
function rig(script: Given[], arrivesLate = false) {
  const clock = new TestClock()
  const asked: Id[] = []
  const made = new Set<Id>()
  const cannot = () => Promise.reject(new Error('only refunds are asked here'))
  const refund = (_payment: Id, refundId: Id) => {
    asked.push(refundId)
    const next = made.has(refundId) ? 'made' : (script.shift() ?? 'refused')
    if (next === 'made') made.add(refundId)
    // What nobody answered is carried out after whoever asked had given up.
    if (next === 'silence' && arrivesLate) clock.after(12 * SECOND, () => void made.add(refundId))
    return Promise.resolve(next === 'made' ? ok(null) : fail(next === 'refused' ? 'hub.refused' : 'wire.no_answer'))
  }
  const alipay = { refund, pay: cannot, query: cannot, cancel: cannot }
  const acquirer = alipayAcquirer(alipay, { subject: 'Shop', storeId: 'one' }, { clock, timers: clock, crypto: nodeCrypto })
  const payment = nextId()
  const ask = async (changes: Partial<ExchangeRef> & { repeat?: number } = {}) => {
    const { repeat = 0, ...other } = changes
    const exchange: Exchange = { stan: 1, rrn: 'REFERENCE001', at: START, amountMinor: 195, ...other, kind: 'refund' }
    let answer: unknown
    const answered = acquirer.ask({ payment, exchange, currency: 'CNY', repeat, maskedPan: '' }).then((value) => (answer = value))
    const began = clock.monotonic()
    while (answer === undefined && clock.monotonic() - began < 10 * MINUTE) {
      await Promise.resolve()
      await Promise.resolve()
      if (answer === undefined) clock.advance(SECOND)
    }
    await answered
    return { answer, tookMs: clock.monotonic() - began }
  }
  return { ask, asked, made }
}

describe('a refund at Alipay', () => {
  it('that was refused at once is refused', async () => {
    const { ask, asked } = rig(['refused'])
    expect(await ask()).toMatchObject({ answer: { type: 'declined', code: 'hub.refused' } })
    expect(asked).toHaveLength(1)
  })

  it('that was refused while an earlier asking was still on its way is what that one came to', async () => {
    const { ask, asked, made } = rig(['silence', 'refused'], true)
    expect(await ask()).toMatchObject({ answer: { type: 'approved' } })
    expect([made.size, new Set(asked).size]).toEqual([1, 1])
  })

  it('that an earlier process may have asked for is not believed to be refused either, before nothing can be on its way', async () => {
    const { ask, asked } = rig(['refused', 'refused'])
    const { answer, tookMs } = await ask({ repeat: 1 })
    expect(answer).toMatchObject({ type: 'declined' })
    expect(tookMs).toBeGreaterThanOrEqual(MINUTE)
    expect(asked).toHaveLength(2)
  })

  it('that is refused for good after silence is refused', async () => {
    const { ask } = rig(['silence', 'refused', 'silence', 'refused', 'refused'])
    expect(await ask()).toMatchObject({ answer: { type: 'declined' } })
  })

  it('has the same number whenever it is asked for, and another one for another refund', async () => {
    const { ask, asked } = rig(['made'])
    await ask()
    // By a hub that was put back to a backup: its clock and its trace numbers went on.
    await ask({ at: START + 5 * MINUTE, stan: 77 })
    expect(new Set(asked).size).toBe(1)
    await ask({ rrn: 'REFERENCE002' })
    expect(new Set(asked).size).toBe(2)
  })
})
