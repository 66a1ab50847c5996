import { expect, it } from 'vitest'
import type { AccountView } from '#protocol/hub-api/overview.ts'
import { accountNames } from './account-names.ts'

const account = (id: string, label: string, currency = 'EUR'): AccountView => ({ id, label, currency, side: 'credit', posted: '0', pending: '0' })

it('tells accounts with one label apart by their ids', () => {
  const names = accountNames([
    account('wallet/53be9baff9cd', 'Wallet'),
    account('wallet/646de8aa1100', 'Wallet'),
    account('merchant/0190/EUR', 'Harbour Corner'),
  ])
  expect([...names.values()]).toEqual([{ label: 'Wallet', hint: '53be9baf' }, { label: 'Wallet', hint: '646de8aa' }, { label: 'Harbour Corner' }])
})

it('takes the same label in another currency for no namesake', () => {
  const names = accountNames([account('bank/EUR', 'Bank'), account('bank/JPY', 'Bank', 'JPY')])
  expect([...names.values()]).toEqual([{ label: 'Bank' }, { label: 'Bank' }])
})
