import { expect, test } from 'vitest'
import { errors } from '#protocol/errors.ts'
import { HOUR, MINUTE } from '#protocol/time.ts'
import { testView } from '../test-view.ts'
import { custodyFacts } from './custody-facts.ts'

const { link } = testView()
const now = new Date(2026, 4, 4, 14, 0).getTime()
const named = (what: Partial<Parameters<typeof custodyFacts>[0]>) =>
  Object.fromEntries(custodyFacts({ link, exported: undefined, currency: 'EUR', now, ...what }).map(({ name, value, detail }) => [name, [value, detail]]))

test('nothing waits, nothing was exported, nothing may be accepted', () => {
  const facts = named({})
  expect(facts).toMatchObject({ 'On this till alone': ['Nothing. Everything is safe at the hub.', undefined], 'Last export': ['None yet', undefined] })
  expect(facts['Without the hub']).toEqual(['No payments can be accepted now.', undefined])
  expect(facts).not.toHaveProperty('Oldest')
})

test('says the sum, the age of the oldest, what may be accepted until when, and what the last export lacks', () => {
  const facts = named({
    link: {
      ...link,
      state: 'offline',
      waiting: { payments: 12, amountMinor: 23_140, entries: 61, oldestAt: now - 3 * HOUR - 5 * MINUTE },
      allowance: { perPaymentMinor: 5000, tillLeftMinor: 43_000, until: now + HOUR },
    },
    exported: { file: '/exports/a.bin', at: now - MINUTE, entries: 60, covers: false },
  })
  expect(facts).toMatchObject({
    'On this till alone': ['12 payments, €231.40', '61 journal entries'],
    Oldest: ['3 h 5 min, since 10:55', undefined],
    'Without the hub': ['Up to €50.00 each, €430.00 in all', 'until 15:00'],
    'Last export': ['13:59', '/exports/a.bin · Newer entries are not in it.'],
  })
})

test('entries without a payment are no money', () => {
  expect(named({ link: { ...link, waiting: { payments: 0, amountMinor: 0, entries: 1 } } })['On this till alone']).toEqual(['1 journal entry', undefined])
})

test('each way to pay has its own limit, and all of them shrink with time', () => {
  const kinds = [
    { kind: 'wallet_shown', perPaymentMinor: 2000, perInstrumentMinor: 6000 },
    { kind: 'wallet_bound', perPaymentMinor: 5000, perInstrumentMinor: 6000 },
    { kind: 'card', perPaymentMinor: 0, perInstrumentMinor: 0, why: 'policy.kind_not_offline' },
  ] as const
  const allowance = { perPaymentMinor: 5000, tillLeftMinor: 43_000, until: now + 3 * HOUR, kinds, next: { at: now + HOUR, capsPpm: 250_000 } }
  expect(named({ link: { ...link, allowance } })['Without the hub']?.[1]).toBe(
    'Shown code €20.00 · Confirmed on the phone €50.00 · from 15:00 on 25 % of it · until 17:00',
  )
})

test('where nothing is accepted it says why and what to do, although the caps are not used up', () => {
  const allowance = { perPaymentMinor: 5000, tillLeftMinor: 43_000, until: now + HOUR, why: 'policy.deny_list_stale' } as const
  const [value, detail] = named({ link: { ...link, allowance } })['Without the hub'] ?? []
  expect(value).toBe('No payments can be accepted now.')
  expect(detail).toBe(`${errors['policy.deny_list_stale'].say} ${errors['policy.deny_list_stale'].next}`)
})
