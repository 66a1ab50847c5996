import { describe, expect, it } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import type { Quote } from '#protocol/exchange/quote.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { ok } from '#protocol/outcome.ts'
import { golden } from '#protocol/payment-code/golden.ts'
import { makeRequest } from '#protocol/payment-code/request.ts'
import type { Account } from './api.ts'
import { askForQuote } from './quote-check.ts'

const [root, bank, stranger] = [1, 2, 3].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed))) as [Signer, Signer, Signer]
const keySet = encodeSigned(root, signedTypes.keySet, {
  v: 1,
  version: 1,
  keys: [{ role: 'ack', keyId: hex(bank.keyId), publicKey: hex(bank.publicKey), notBefore: 1, notAfter: 2 ** 45 }],
})
const account: Account = {
  wallet: golden.credential.wallet,
  credential: 'ab',
  balanceMinor: 100_000,
  currency: 'CNY',
  expiresAtMs: golden.now,
  payments: [],
  phones: [],
  bank: { rootPublicKey: hex(root.publicKey), keySet: base64url(keySet) },
  heardAt: golden.now,
}
const { bytes } = makeRequest(golden.request)
const exchange = {
  quote: golden.request.till,
  currency: 'CNY',
  amountMinor: 9786,
  marginMinor: 145,
  marginPpm: 15_000,
  rate: { numerator: 78_123, denominator: 10_000 },
  source: 'Bank',
  rateAt: golden.now,
}
const { till, nonce, amountMinor, currency } = golden.request
const quote: Quote = { v: 1, till, nonce, wallet: account.wallet, amountMinor, currency, exchange, hubTime: golden.now, expiresAt: golden.now + 120_000 }
const ask = (said: Quote, signer = bank) =>
  askForQuote({ quote: () => Promise.resolve(ok(base64url(encodeSigned(signer, signedTypes.quote, said)))) }, account, golden.request, bytes)

describe('a quote', () => {
  it('is believed when the bank signed it, for this wallet and request, and the sum is what its rate makes it', async () => {
    expect(await ask(quote)).toMatchObject({ ok: true, value: { quote: { exchange: { amountMinor: 9786 } } } })
  })

  it('is not otherwise, and then nobody is asked to confirm anything', async () => {
    expect(await ask(quote, stranger)).toMatchObject({ code: 'exchange.wrong_quote' })
    const wrong: readonly Partial<Quote>[] = [
      { nonce: 'ab'.repeat(16) },
      { wallet: 'ab'.repeat(16) },
      { amountMinor: amountMinor + 1 },
      { currency: 'USD' },
      { exchange: { ...exchange, currency: 'USD' } },
      { exchange: { ...exchange, amountMinor: 9785 } },
      { exchange: { ...exchange, marginPpm: 16_000 } },
    ]
    for (const part of wrong) expect(await ask({ ...quote, ...part })).toMatchObject({ code: 'exchange.wrong_quote' })
  })
})
