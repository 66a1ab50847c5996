import { expect, test } from 'vitest'
import { errors, type ErrorCode } from '#protocol/errors.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { handTimers, testLine, testSale, testView } from '../test-view.ts'
import { ASK_AFTER, GONE_AFTER, watchIdle } from './idle.ts'
import { kindly } from './kindly.ts'
import { putAway } from './put-away.ts'
import { remarkOf } from './remark.ts'
import { isLeftBehind, stepOf, type Wish } from './step.ts'

const bread = testSale([testLine('a', 1)])

test('the payment decides what is seen, then the basket, then the wish', () => {
  const at = (parts: Partial<View>, wish: Wish = 'nothing') => stepOf(testView(parts), wish)
  expect([at({}), at({}, 'scan'), at({}, 'pick'), at({}, 'correct'), at({}, 'review')]).toEqual(['attract', 'scan', 'pick', 'scan', 'scan'])
  expect([at({ sale: bread }), at({ sale: bread }, 'review')]).toEqual(['scan', 'review'])
  expect(at({ weighing: { gtin: '1', name: 'Pears', unitMinor: 1, unit: 'kg' } })).toBe('scan')
  expect(at({ sale: bread, tender: { stage: 'deciding', amountMinor: 1, since: 0 } }, 'review')).toBe('checking')
  expect(at({ tender: { stage: 'refused', amountMinor: 1, code: 'code.expired' } })).toBe('refused')
  expect(at({ till: { ...testView().till, blocked: 'till.disk_full' } }, 'scan')).toBe('closed')
  expect([isLeftBehind('checking'), isLeftBehind('attract'), isLeftBehind('pay')]).toEqual([false, false, true])
})

test('asks after a minute, is gone half a minute later, once, and a touch begins anew', () => {
  const timers = handTimers()
  const said: unknown[] = []
  const idle = watchIdle(
    timers,
    (isAsked) => said.push(isAsked),
    () => said.push('gone'),
  )
  expect(timers.delays).toEqual([ASK_AFTER])
  timers.runNext()
  expect([said, timers.delays]).toEqual([[true], [GONE_AFTER]])
  idle.touched()
  expect([said, timers.delays]).toEqual([[true, false], [ASK_AFTER]])
  timers.runNext()
  timers.runNext()
  expect([said, timers.delays]).toEqual([[true, false, true, false, 'gone'], []])
  idle.touched()
  idle.stop()
  expect(timers.delays).toEqual([])
})

test('puts away what is open, and calls a person where money would have to go back', async () => {
  const asked: Command['type'][] = []
  const asking = (refuses?: ErrorCode) => ({
    ask: async ({ type }: Command) => {
      asked.push(type)
      return type === 'clearSale' && refuses !== undefined ? fail(refuses) : ok(null)
    },
  })
  await putAway(asking(), 'awaiting_code')
  await putAway(asking(), 'approved')
  await putAway(asking('sale.partly_paid'), 'refused')
  expect(asked).toEqual(['cancelPayment', 'clearSale', 'continue', 'continue', 'clearSale', 'callForHelp'])
})

test('no refusal tells a shopper that they are suspected, and none that concerns them goes unsaid', () => {
  const codes = Object.keys(errors) as readonly ErrorCode[]
  for (const code of ['code.forged', 'policy.denied', 'risk.declined', 'policy.too_risky', 'acquirer.card_stopped'] as const) {
    expect(['code', 'offline', 'sorry', 'cardNo']).toContain(kindly(code))
  }
  expect(codes.filter((code) => /^(hub|code|card|acquirer|policy|risk|sale)\./.test(code) && kindly(code) === undefined)).toEqual([])
  const notices = [
    { id: '1', code: 'sale.unknown_product', at: 1 },
    { id: '2', code: 'device.paper_out', at: 2 },
  ] as const
  expect(remarkOf({ view: testView({ notices }) })).toEqual({ key: '1', words: 'unknownGoods' })
  expect(remarkOf({ view: testView({ notices: [] }), answer: { kind: 'error', code: 'till.kiosk' } })).toBeUndefined()
})
