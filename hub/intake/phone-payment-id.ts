import { utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { PaymentRequest } from '#protocol/payment-code/request.ts'

/**
 * Ids of payments that phones make here end alike, so that the books are looked up for those alone; of others one in 65536 does. The rest follows from till and
 * nonce, and can be known to anybody who saw the code: see `isTakenByPhone`.
 */
const ID_END = 'c0de'
export const isPhonePaymentId = (id: Id): boolean => id.endsWith(ID_END)

export function phonePaymentId(crypto: Pick<Crypto, 'sha256'>, { till, nonce, issuedAtMs }: Pick<PaymentRequest, 'till' | 'nonce' | 'issuedAtMs'>): Id {
  const id = makeId(issuedAtMs, crypto.sha256(utf8(`merchant-qr/${till}/${nonce}`)).subarray(0, 10))
  return `${id.slice(0, -ID_END.length)}${ID_END}`
}
