import type { Desk, Shopkeeper } from './desk.ts'
import { newCase } from '../acquirers/card-case.ts'
import type { Payment } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Scheme } from '#protocol/payment-code/other-schemes.ts'

/** Wallets of other schemes. What is asked of their issuer goes the way of cards (`card-desk.ts`): beside settling, one thing at a time, undone where nobody knows. */
type Ruling = Pick<Payment, 'profile'> & { readonly verdict?: ErrorCode; readonly exception?: ErrorCode; readonly detail?: string }

/** A code is good once, and nobody pays two shops' payments with it. */
export const schemeKey = (scheme: Scheme, code: string): string => `scheme/${scheme}/${code}`

export function ruleScheme(
  desk: Desk,
  shop: Pick<Shopkeeper, 'currency' | 'schemes'>,
  { paymentId, amountMinor, currency }: EntryBody<'payment.intended'>,
  { scheme, code }: { readonly scheme: Scheme; readonly code: string },
): Ruling {
  const profile = 'scheme'
  if (shop.schemes?.includes(scheme) !== true) return { profile, verdict: `scheme.${scheme}_not_connected` }
  if (currency !== shop.currency) return { profile, verdict: 'policy.wrong_currency' }
  const key = schemeKey(scheme, code)
  const owner = desk.codeOwner(key)
  if (owner !== undefined) return { profile, verdict: 'hub.duplicate_code', exception: 'hub.duplicate_code', detail: `used by payment ${owner}` }
  desk.useCode(key, paymentId)
  const about = {
    id: paymentId,
    acquirer: scheme,
    maskedPan: scheme,
    currency,
    secret: { is: 'code', code } as const,
    ksn: undefined,
    wantedMinor: amountMinor,
  }
  desk.saveCard(newCase(about, desk.now))
  return { profile }
}

/** Whether an acquirer or a scheme has its money, and says so in its own time. */
export const isAcquired = ({ profile }: Pick<Payment, 'profile'>): boolean => profile === 'card' || profile === 'scheme'
