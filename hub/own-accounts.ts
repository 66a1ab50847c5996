import { openAccount } from './ledger/ledger.ts'
import { merchantAccount } from './ledger/names.ts'
import type { Shop } from './shop.ts'
import type { HubStore } from './store/hub-store.ts'

/** The account of the shop that a hub serves, once. */
export async function openOwnAccounts(store: HubStore, { merchant, currency }: Shop): Promise<void> {
  const id = merchantAccount(merchant.id, currency)
  const [existing] = await store.get('accounts', [id])
  if (existing !== undefined) return
  const committed = await store.commit({ accounts: [openAccount({ id, label: merchant.name, currency, side: 'credit', rule: 'none' })] })
  if (committed !== 'done') throw new Error(`the merchant's account could not be opened: ${committed}`)
}
