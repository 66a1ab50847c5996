import type { WalletDesk } from './desk.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { credentialAnswer } from '#protocol/wallet-api/answers.ts'
import { draftAsk, type WalletAsk } from '#protocol/wallet-api/ask.ts'
import { TestWallet } from '../test-rig.ts'

/** Signs an ask as a phone does. */
export function signedAsk(device: Signer, nonce: string, wallet: string | undefined, ask: WalletAsk): Uint8Array {
  const draft = draftAsk(device.keyId, { v: 1, nonce, publicKey: hex(device.publicKey), ...(wallet !== undefined && { wallet }), ask })
  return draft.finish(device.sign(draft.message))
}

export const asks = async (desk: WalletDesk, { device, wallet }: Pick<TestWallet, 'device' | 'wallet'>, ask: WalletAsk): Promise<Outcome<unknown>> =>
  await desk.ask(signedAsk(device, desk.nonce(), wallet, ask))

/** The same phone with the credential that it was answered. */
export function withCredential({ device, counter }: Pick<TestWallet, 'device' | 'counter'>, answered: Outcome<unknown>): TestWallet {
  if (!answered.ok) throw new Error(`${answered.code} ${answered.detail ?? ''}`)
  const { wallet, credential } = credentialAnswer.parse(answered.value)
  const next = new TestWallet(device, wallet, unhex(credential) ?? new Uint8Array(0))
  next.counter = counter
  return next
}
