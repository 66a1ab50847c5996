import { expect, it } from 'vitest'
import { DAY, MINUTE, SECOND } from '#protocol/time.ts'
import { openTestTill, sellApple, testWallet } from './test-till.ts'

it('does not forget a code because the machine woke with its clock days ahead', () => {
  const t = openTestTill()
  t.goOnline()
  sellApple(t)
  const code = testWallet(t).show()
  expect(t.till.scanned(code).ok).toBe(true)
  t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + DAY }))
  expect(t.view().tender.stage).toBe('approved')
  const right = t.time.wall
  t.time.wall += 12 * DAY
  const again = t.reopen()
  again.time.advance(5 * SECOND)
  again.time.wall -= 12 * DAY
  again.till.connected()
  again.till.received('ack', again.ack(again.head()))
  expect(again.time.wall - right).toBeLessThan(MINUTE)
  sellApple(again)
  expect(again.till.scanned(code)).toMatchObject({ ok: false, code: 'code.replayed' })
})
