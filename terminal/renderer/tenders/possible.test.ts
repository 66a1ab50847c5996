import { describe, expect, it } from 'vitest'
import type { View } from '#protocol/till-api/api.ts'
import { testView } from '../test-view.ts'
import { possibleWays } from './possible.ts'

const reader = { device: 'reader', kind: 'card_reader', state: 'ready', counters: {} } as const
const kinds = (['wallet_shown', 'wallet_bound', 'credit', 'card'] as const).map((kind) => ({ kind, perPaymentMinor: 5000, perInstrumentMinor: 5000 }))
const paying = (amountMinor = 1000, request = '000201010212', boundRequired = false): View['tender'] => ({
  stage: 'awaiting_code',
  amountMinor,
  request,
  boundRequired,
})
const offline: View['link'] = { ...testView().link, state: 'offline', allowance: { perPaymentMinor: 5000, tillLeftMinor: 43_000, until: 0, kinds } }
const said = (view: View) => possibleWays(view).map(({ way, why }) => (why === undefined ? way : `${way}: ${why}`))

describe('what could pay now', () => {
  it('is everything that the shop has while the hub answers', () => {
    expect(said(testView({ tender: paying(), devices: [reader] }))).toEqual(['phone', 'at_hub', 'card', 'credit'])
    expect(said(testView({ tender: paying(1000, 'SPR1:A'), devices: [reader] }))).toEqual(['phone', 'card', 'credit'])
  })

  it('is no card without a reader that is ready', () => {
    for (const devices of [[], [{ ...reader, state: 'absent' as const }]]) expect(said(testView({ tender: paying(), devices }))).toContain('card: noReader')
  })

  it('is, without the hub, what the policy leaves of each kind; a phone that is online itself pays all the same', () => {
    expect(said(testView({ tender: paying(), link: offline, devices: [reader] }))).toEqual(['phone', 'at_hub', 'card', 'credit'])
    const [phone, atHub, card] = said(testView({ tender: paying(6000), link: offline, devices: [reader] }))
    expect([phone, atHub, card]).toEqual(['phone: policy.payment_cap', 'at_hub', 'card: policy.payment_cap'])
    const spent = { ...offline, allowance: { ...offline.allowance, tillLeftMinor: 900, kinds: kinds.map((kind) => ({ ...kind, perPaymentMinor: 900 })) } }
    expect(said(testView({ tender: paying(), link: spent, devices: [reader] }))).toContain('phone: policy.till_cap')
    const refused = {
      ...offline,
      allowance: { ...offline.allowance, kinds: kinds.map((kind) => ({ ...kind, perPaymentMinor: 0, why: 'policy.stale' as const })) },
    }
    expect(said(testView({ tender: paying(), link: refused, devices: [reader] }))).toContain('credit: policy.stale')
  })

  it('asks for the cap of confirmed codes where a shown one is not enough', () => {
    const shownLess = kinds.map((kind) => (kind.kind === 'wallet_shown' ? { ...kind, perPaymentMinor: 500 } : kind))
    const link = { ...offline, allowance: { ...offline.allowance, kinds: shownLess } }
    expect(said(testView({ tender: paying(1000, '000201', true), link }))).toContain('phone')
    expect(said(testView({ tender: paying(1000, '000201'), link }))).toContain('phone: policy.payment_cap')
  })

  it('is Alipay where the shop sells in yuan, and only online', () => {
    const till = { ...testView().till, currency: 'CNY' }
    expect(said(testView({ till, tender: paying() }))).toContain('alipay')
    expect(said(testView({ till, tender: paying(), link: offline }))).toContain('alipay: scheme.alipay_offline')
  })

  it('is nothing while no payment is awaited', () => {
    expect(possibleWays(testView())).toEqual([])
  })
})
