import { equalBytes, hex, unbase64url, unhex, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes, toBeSigned, type Sign1 } from '#protocol/cose.ts'
import { keySetSchema } from '#protocol/hub/messages.ts'
import type { BankKeys } from '#protocol/wallet-api/answers.ts'
import { readWalletReceipt, type WalletReceipt } from '#protocol/wallet-api/receipt.ts'
import type { Payment } from './api.ts'

/** `none`: the bank has not signed one yet. `forged`: there is one, and it is not the bank's word for this payment. */
export type ReceiptCheck = { readonly is: 'genuine'; readonly receipt: WalletReceipt } | { readonly is: 'forged' } | { readonly is: 'none' }

/**
 * Verifies a payment's receipt without a network: the root that this phone met first → the bank's key set → the key that signed → the receipt, which has to be
 * about this wallet and this payment, with the sum that the list shows.
 */
export async function checkReceipt(payment: Payment, wallet: string, bank: BankKeys | undefined): Promise<ReceiptCheck> {
  if (payment.receipt === undefined) return { is: 'none' }
  const read = readWalletReceipt(unhex(payment.receipt) ?? new Uint8Array(0))
  if (!read.ok) return { is: 'forged' }
  const { receipt, envelope } = read.value
  if (!(await isOfBank(envelope, signedTypes.walletReceipt, bank))) return { is: 'forged' }
  const { paymentId, amountMinor, merchant, at } = payment
  const isThis = receipt.wallet === wallet && receipt.paymentId === paymentId && receipt.amountMinor === amountMinor
  return isThis && receipt.merchant === merchant && receipt.at === at ? { is: 'genuine', receipt } : { is: 'forged' }
}

/** Whether the bank itself signed this, for that purpose. */
export async function isOfBank(envelope: Sign1, typ: string, bank: BankKeys | undefined): Promise<boolean> {
  const key = bank && (await bankKeysIn(bank))?.find(({ role, keyId }) => role === 'ack' && keyId === hex(envelope.keyId))
  return key !== undefined && (await isSignedBy(envelope, typ, unhex(key.publicKey)))
}

async function bankKeysIn({ rootPublicKey, keySet }: BankKeys) {
  const envelope = parseSign1(unbase64url(keySet) ?? new Uint8Array(0))
  if (!envelope.ok || !(await isSignedBy(envelope.value, signedTypes.keySet, unhex(rootPublicKey)))) return undefined
  try {
    return keySetSchema.safeParse(JSON.parse(utf8Text(envelope.value.payload))).data?.keys
  } catch {
    return undefined
  }
}

/** As `verifySign1`, by the browser's own cryptography, which takes its time. */
export async function isSignedBy(envelope: Sign1, typ: string, publicKey: Uint8Array | undefined): Promise<boolean> {
  if (envelope.typ !== typ || publicKey?.length !== 32) return false
  const raw = new Uint8Array(publicKey)
  const keyId = new Uint8Array(await crypto.subtle.digest('SHA-256', raw)).slice(0, 8)
  if (!equalBytes(envelope.keyId, keyId)) return false
  const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
  const message = new Uint8Array(toBeSigned(envelope.protectedHeader, envelope.payload))
  return await crypto.subtle.verify('Ed25519', key, new Uint8Array(envelope.signature), message)
}
