import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cardRefOf } from '#protocol/card.ts'
import type { Card } from '#protocol/device/messages.ts'
import type { EntryBody, EntryKind } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { APPLE, offlineTill, onlineTill, openTestTill, POLICY, type TestTill } from './test-till.ts'

let swipes = 0
const card = (over: Partial<Card> = {}): Card => ({
  maskedPan: '424242******1111',
  expiry: '4912',
  encrypted: { scheme: 'tdes-dukpt-pin', ksn: `ffff9876543210e${(++swipes).toString(16).padStart(5, '0')}`, track2: '00112233445566778899aabbccddeeff' },
  ...over,
})
const bodies = <K extends EntryKind>(t: TestTill, kind: K): EntryBody<K>[] =>
  t.entries().flatMap((entry) => (entry.kind === kind ? [entry.body as EntryBody<K>] : []))

/** An apple, 10.00, and a payment that waits. */
function awaits(t: TestTill): TestTill {
  t.till.scanned(APPLE)
  t.till.command({ type: 'takePayment' })
  return t
}
/** Cards up to 20.00, twice and up to 25.00 for each. */
const withCards = {
  ...POLICY,
  offline: { ...POLICY.offline, instruments: { card: { perPaymentMinor: 2000, perInstrumentMinor: 2500, perInstrumentCount: 2 } } },
}
function alone(): TestTill {
  const t = openTestTill({ policy: withCards })
  t.goOnline()
  t.till.disconnected()
  return t
}

describe('a swiped card', () => {
  it('asks the hub while a payment is awaited, and says in the journal what the reader gave away and no more', () => {
    const t = awaits(onlineTill())
    const swiped = card()
    t.till.card(swiped)
    expect(t.view().tender.stage).toBe('deciding')
    expect(bodies(t, 'payment.intended')).toMatchObject([
      { amountMinor: 1000, instrument: { type: 'card', maskedPan: swiped.maskedPan, expiry: '4912', encrypted: swiped.encrypted } },
    ])
  })

  it('pays alone where the policy takes cards, up to its floor limit, and each card so often', () => {
    const t = alone()
    const pays = (): string => {
      awaits(t).till.card(card())
      const { tender } = t.view()
      const said = tender.stage === 'awaiting_code' ? (tender.refused?.code ?? '') : tender.stage
      if (tender.stage === 'awaiting_code') t.till.command({ type: 'cancelPayment' })
      else t.till.command({ type: 'continue' })
      return said
    }
    expect([pays(), pays(), pays()]).toEqual(['approved', 'approved', 'policy.instrument_cap'])
    t.till.command({ type: 'clearSale' })
    for (let piece = 0; piece < 2; piece++) t.till.scanned(APPLE)
    expect(pays()).toBe('policy.payment_cap')
  })

  it('is not taken alone where the policy says nothing of cards', () => {
    const t = awaits(offlineTill())
    t.till.card(card())
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'policy.kind_not_offline' } })
    expect(bodies(t, 'payment.rejected')).toHaveLength(1)
  })

  it.each([
    ['card.unencrypted', { encrypted: undefined }],
    ['card.unreadable', { encrypted: { scheme: 'tdes-dukpt-pin', ksn: 'ffff9876543210e0aaaa' } }],
    ['card.expired', { expiry: '2001' }],
  ] as const)('is refused and the payment stays open: %s', (code, over) => {
    const t = awaits(alone())
    const { encrypted, ...rest } = { ...card(), ...over }
    t.till.card({ ...rest, ...(encrypted === undefined ? {} : { encrypted }) } as Card)
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code } })
    expect(bodies(t, 'payment.intended')).toEqual([])
  })

  it('pays once: what the reader sent comes again, also after a restart, and buys nothing', () => {
    const t = awaits(alone())
    const [early, swiped] = [card(), card()]
    t.till.card(swiped)
    expect(t.view().tender.stage).toBe('approved')
    for (const again of [swiped, early]) {
      awaits(t).till.card(again)
      expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'card.used' } })
      t.till.command({ type: 'cancelPayment' })
      t.till.command({ type: 'clearSale' })
    }
  })

  it('outside a payment pays nothing, and leaves nothing in the journal', () => {
    const t = offlineTill()
    t.till.scanned(APPLE)
    const before = t.head()
    t.till.card(card())
    expect(t.view().notices.map(({ code }) => code)).toContain('device.card_not_taken')
    expect(t.head()).toBe(before)
  })
})

it('what is on a receipt and on a screen is masked, and named the same for the deny list', () => {
  const t = awaits(alone())
  const swiped = card()
  t.till.card(swiped)
  const seen = JSON.stringify([t.view(), t.printed.map(({ document }) => document)])
  for (const secret of [swiped.encrypted?.ksn ?? '', swiped.encrypted?.track2 ?? '']) expect(seen).not.toContain(secret)
  expect(cardRefOf(nodeCrypto, swiped)).toMatch(/^[0-9a-f]{32}$/)
})

it('nothing of this till writes a card anywhere but into the journal', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.includes('test'))
  const naming = sources
    .filter((name) => /\b(?:track[12]|ksn)\b/.test(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')))
    .map((name) => name.replaceAll('\\', '/'))
  expect(naming).toEqual(['instruments/card.ts'])
})
