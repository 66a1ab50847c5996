import type { Crypto, Signer } from '#protocol/crypto.ts'
import { signReceiptText } from '#protocol/receipt-text.ts'
import type { ReceiptHeading, Returned } from '../sale/receipt.ts'
import { receiptTextOf, returnedTextOf } from '../sale/receipt-text.ts'
import type { Approval } from './taking.ts'

type Parts = {
  readonly signer: Signer
  readonly crypto: Pick<Crypto, 'sha256'>
  heading(): Pick<ReceiptHeading, 'merchant' | 'store' | 'language' | 'timeZone'>
}

/** The texts of the last sale's receipt and of the last refund's or return's, each signed once and shown as often as a screen is drawn. */
export function receiptSigning({ signer, crypto, heading }: Parts) {
  const [sales, returns] = [once(), once()]
  return {
    sale: ({ sale, at, parts }: Approval): string =>
      sales(sale.receiptNumber, () => signReceiptText(signer, crypto, receiptTextOf(sale, { ...heading(), at }, parts))),
    returned: (returned: Returned): string =>
      returns(`${returned.kind} ${returned.receiptNumber}`, () => signReceiptText(signer, crypto, returnedTextOf(returned, { ...heading(), at: returned.at }))),
  }
}

function once(): (number: string, make: () => string) => string {
  let last: { readonly number: string; readonly text: string } | undefined
  return (number, make) => {
    if (last?.number !== number) last = { number, text: make() }
    return last.text
  }
}
