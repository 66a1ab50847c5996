import type { MerchantTerms } from './merchant.ts'
import type { Shop } from '../shop.ts'

/** On what terms a hub settles with its own shop before anybody has agreed on others: for nothing, at midnight (UTC), and nothing leaves without an account. */
export const firstTerms = ({ merchant, store }: Pick<Shop, 'merchant' | 'store'>): MerchantTerms => ({
  ...merchant,
  stores: [store],
  state: 'active',
  timeZone: 'UTC',
  cutOff: '00:00',
  fees: { rates: [], taxPpm: 0, atRefund: 'kept', chargebackMinor: 0 },
  recoverAfterDays: 30,
})

/** The demo's: somebody earns something. The account is ISO 13616's example for Germany. */
export const demoTerms = (shop: Pick<Shop, 'merchant' | 'store'>): MerchantTerms => ({
  ...firstTerms(shop),
  timeZone: 'Europe/Berlin',
  cutOff: '22:00',
  fees: {
    rates: [
      { instrument: 'wallet', tiers: [{ fromMinor: 0, ppm: 4_000 }], fixedMinor: 2, minimumMinor: 0 },
      {
        instrument: 'card',
        tiers: [
          { fromMinor: 0, ppm: 12_000 },
          { fromMinor: 10_000_00, ppm: 9_000 },
        ],
        fixedMinor: 5,
        minimumMinor: 8,
      },
      { instrument: 'scheme', tiers: [{ fromMinor: 0, ppm: 10_000 }], fixedMinor: 0, minimumMinor: 5 },
    ],
    taxPpm: 190_000,
    atRefund: 'kept',
    chargebackMinor: 15_00,
  },
  reserve: { ppm: 20_000, days: 30 },
  account: { iban: 'DE89370400440532013000', name: shop.merchant.name },
})
