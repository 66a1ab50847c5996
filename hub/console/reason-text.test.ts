import { expect, test } from 'vitest'
import { reasonText } from './reason-text.ts'
import { featureNames } from '#protocol/risk/feature-names.ts'

test('every number that risk looks at has words', () => {
  for (const name of featureNames) expect(reasonText(name, 3, 'EUR')).not.toMatch(/^[a-z]/)
})

test('a number is said as what it is', () => {
  expect([
    reasonText('amount', 12_345, 'EUR'),
    reasonText('card_count_1h', 4, 'EUR'),
    reasonText('card_since_last', 0.25, 'EUR'),
    reasonText('terminal_risk_7d_delayed', 0.125, 'EUR'),
    reasonText('card_since_fraud', -1, 'EUR'),
    reasonText('card_ratio_30d', 5.25, 'EUR'),
  ]).toEqual([
    'The amount: €123.45',
    'Payments of this wallet within an hour: 4',
    'Since this wallet’s last payment: 6 hours',
    'Share of frauds at this till within 7 days (as far as it is known what they were): 12.5%',
    'Since the last known fraud with this wallet: never',
    'This amount against what the wallet usually pays within 30 days: 5.3 times',
  ])
})
