import { exchangeDocument, readPaymentExchange, returnedMinor } from './payment-exchange.ts'
import { isPhonePaymentId } from '../intake/phone-payment-id.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import type { StatedExchange } from '#protocol/wallet-api/answers.ts'

/** What people are told of payments in another currency. */
export type ExchangesOf = ReadonlyMap<Id, StatedExchange>

export async function exchangesOf(store: Pick<HubStore, 'get'>, payments: readonly Pick<Payment, 'id'>[]): Promise<ExchangesOf> {
  const ids = payments.map(({ id }) => id).filter(isPhonePaymentId)
  const rows = ids.length === 0 ? [] : await store.get('documents', ids.map(exchangeDocument))
  return new Map(rows.map(readPaymentExchange).map((said) => [said.payment, { ...said.exchange, returnedMinor: returnedMinor(said) }]))
}
