import { base64url, hex } from '#protocol/bytes.ts'
import type { AsyncSigner } from '#protocol/payment-code/code.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { draftAsk, type WalletAsk } from '#protocol/wallet-api/ask.ts'

/** How a phone reaches its bank. */
export type BankLine<Code extends string> = {
  nonce(): Promise<Outcome<string, Code>>
  /** `message`: base64url. */
  send(message: string): Promise<Outcome<unknown, Code>>
}

/** Asks under the phone's own key. `wallet` is missing while the phone has none. */
export async function askBank<Code extends string>(
  line: BankLine<Code>,
  signer: AsyncSigner,
  wallet: string | undefined,
  ask: WalletAsk,
): Promise<Outcome<unknown, Code>> {
  const nonce = await line.nonce()
  if (!nonce.ok) return nonce
  const message = { v: 1, nonce: nonce.value, publicKey: hex(signer.publicKey), ...(wallet !== undefined && { wallet }), ask } as const
  const draft = draftAsk(signer.keyId, message)
  const signed = draft.finish(await signer.sign(draft.message))
  return await line.send(base64url(signed))
}
