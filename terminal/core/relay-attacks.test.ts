import { describe, expect, test } from 'vitest'
import { APPLE, offlineTill, onlineTill, sellApple, testWallet, type TestTill } from './test-till.ts'
import { CLOCK_TOLERANCE, CODE_LIFETIME } from '#protocol/payment-code/code.ts'
import { SECOND } from '#protocol/time.ts'

/**
 * What somebody can do with another's code who photographs it, forwards it or keeps it: everything that is refused, and what is left, with the cap that bounds it.
 */
const LAMP = '9520000000028'
const WALLET = '0f'.repeat(16)

function awaiting(t: TestTill, ...goods: readonly string[]): string {
  for (const gtin of goods) t.till.scanned(gtin)
  t.till.command({ type: 'takePayment' })
  return requestOn(t)
}
function requestOn(t: TestTill): string {
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`the till is ${tender.stage}`)
  return tender.request
}
const shown = (t: TestTill, code: string): string => {
  const taken = t.till.scanned(code)
  return taken.ok ? t.view().tender.stage : taken.code
}

describe('a photograph of a shown code', () => {
  test('pays nothing at the till where it has paid', () => {
    const t = offlineTill()
    const code = testWallet(t).show()
    sellApple(t)
    expect(shown(t, code)).toBe('approved')
    sellApple(t)
    expect(shown(t, code)).toBe('code.replayed')
  })

  test('nor an older one of the same phone that was never used', () => {
    const t = offlineTill()
    const wallet = testWallet(t)
    const [older, newer] = [wallet.show(), wallet.show()]
    sellApple(t)
    expect(shown(t, newer)).toBe('approved')
    sellApple(t)
    expect(shown(t, older)).toBe('code.replayed')
  })

  test('is good for a minute and what clocks may differ, and not before', () => {
    const t = offlineTill()
    const wallet = testWallet(t)
    sellApple(t)
    const now = t.time.wall
    expect(shown(t, wallet.show(now - CODE_LIFETIME - CLOCK_TOLERANCE - SECOND))).toBe('code.expired')
    expect(shown(t, wallet.show(now + CLOCK_TOLERANCE + SECOND))).toBe('code.from_the_future')
    expect(shown(t, wallet.show(now - CODE_LIFETIME - CLOCK_TOLERANCE))).toBe('approved')
    sellApple(t)
    expect(shown(t, wallet.show(t.time.wall + CLOCK_TOLERANCE))).toBe('approved')
  })

  test('that is kept until the till stops is refused when it runs again: what was spent is on the disk', () => {
    const first = offlineTill()
    const code = testWallet(first).show()
    sellApple(first)
    expect(shown(first, code)).toBe('approved')
    const again = first.reopen()
    sellApple(again)
    expect(shown(again, code)).toBe('code.replayed')
  })

  test('forwarded to another shop that is cut off pays there as well, and that is all that is left: never more than a shown code may', () => {
    const [here, there] = [offlineTill(), offlineTill()]
    const code = testWallet(here).show()
    for (const t of [here, there]) {
      sellApple(t)
      expect(shown(t, code)).toBe('approved')
    }
    // 50.00 is the most; the lamp costs 99.00. Whether or not the hub answers.
    for (const t of [offlineTill(), onlineTill()]) {
      awaiting(t, LAMP)
      expect(shown(t, testWallet(t).show())).toBe('code.bound_required')
    }
  })
})

describe('an answer to a till’s request', () => {
  test('pays nothing at another till, of whatever shop', () => {
    const [here, there] = [offlineTill(), offlineTill()]
    const asked = awaiting(here, LAMP)
    awaiting(there, LAMP)
    const answer = testWallet(here).answer(asked)
    expect(shown(there, answer)).toBe('code.wrong_request')
    expect(shown(here, answer)).toBe('approved')
  })

  test('that a proxy got out of a phone by showing it another shop’s request pays that shop’s sum alone', () => {
    const [cheap, dear] = [offlineTill(), offlineTill()]
    const asked = awaiting(cheap, APPLE)
    awaiting(dear, LAMP)
    const answer = testWallet(cheap).answer(asked)
    expect(shown(dear, answer)).toBe('code.wrong_request')
  })

  test('pays once, and no later request of the same till', () => {
    const t = offlineTill()
    const wallet = testWallet(t)
    const answer = wallet.answer(awaiting(t, LAMP))
    expect(shown(t, answer)).toBe('approved')
    const next = awaiting(t, APPLE)
    expect(shown(t, answer)).toBe('code.wrong_request')
    expect(shown(t, wallet.answer(next))).toBe('approved')
  })

  test('to a request whose sum has changed is none', () => {
    const t = offlineTill()
    const asked = awaiting(t, APPLE)
    const wallet = testWallet(t)
    t.till.command({ type: 'cancelPayment' })
    awaiting(t, LAMP)
    expect(shown(t, wallet.answer(asked))).toBe('code.wrong_request')
  })

  test('is as old as any code may be', () => {
    const t = offlineTill()
    const asked = awaiting(t, LAMP)
    const answer = testWallet(t).answer(asked)
    t.time.advance(CODE_LIFETIME + CLOCK_TOLERANCE + SECOND)
    expect(shown(t, answer)).toBe('code.expired')
  })
})

describe('several phones of one wallet', () => {
  test('share its limit at a till: what the one has spent is not there for the other', () => {
    const t = offlineTill()
    const phones = [testWallet(t, { wallet: WALLET }), testWallet(t, { wallet: WALLET })] as const
    for (const phone of phones) expect(shown(t, phone.answer(awaiting(t, LAMP)))).toBe('approved')
    // 198.00 of 200.00 are open, whoever of them spent it; an apple costs 10.00.
    const asked = awaiting(t, APPLE)
    for (const phone of [...phones, testWallet(t, { wallet: WALLET })]) {
      expect(shown(t, phone.answer(asked))).not.toBe('approved')
      expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'policy.instrument_cap' } })
    }
    expect(shown(t, testWallet(t).answer(asked))).toBe('approved')
  })
})
