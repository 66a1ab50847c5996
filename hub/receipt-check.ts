import { formerKeys } from './fleet/till-keys.ts'
import type { HubStore } from './store/hub-store.ts'
import { unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isSignedReceipt } from '#protocol/receipt-text.ts'

/** Whose signature is under a receipt's text that somebody shows: the name of the till, of those that this hub knows; undefined: nobody's. */
export async function signerOfReceipt({ store, crypto }: { readonly store: HubStore; readonly crypto: Crypto }, text: string): Promise<string | undefined> {
  for (const { name, publicKey } of await store.tills()) {
    const key = publicKey === undefined ? undefined : unhex(publicKey)
    if (key !== undefined && isSignedReceipt(crypto, text, key)) return name
  }
  const tills = new Map((await store.tills()).map(({ id, name }) => [id, name]))
  const former = (await formerKeys(store)).find(({ publicKey }) => isSignedReceipt(crypto, text, unhex(publicKey) ?? new Uint8Array(0)))
  return former && tills.get(former.till)
}
