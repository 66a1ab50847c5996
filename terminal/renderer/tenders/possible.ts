import type { ErrorCode } from '#protocol/errors.ts'
import type { InstrumentKind } from '#protocol/policy/bundle.ts'
import type { View } from '#protocol/till-api/api.ts'

/** Ways to pay that a customer may ask for beside notes and coins. `at_hub`: the phone pays online what this till shows. */
export type PossibleWay = {
  readonly way: 'phone' | 'at_hub' | 'card' | 'credit' | 'alipay'
  /** Why it cannot be taken now; missing: it can. */
  readonly why?: ErrorCode | 'noReader'
}

/** Alipay pays in yuan alone, and only its own machines can say what a code is worth. */
const ALIPAYS_CURRENCY = 'CNY'
/** How an EMVCo code begins (§4.7.1: its payload format indicator), which phones can pay at the hub. */
const PAYABLE_ONLINE = '000201'

/** What could pay this sum now, by what the core says of its link, its policy and its devices. Nothing is decided here: a code that is scanned is judged there. */
export function possibleWays({ tender, link, devices, till }: View): readonly PossibleWay[] {
  if (tender.stage !== 'awaiting_code') return []
  const { amountMinor, request, boundRequired } = tender
  const offline = (kind: InstrumentKind): Pick<PossibleWay, 'why'> => {
    const allowed = link.allowance.kinds?.find((one) => one.kind === kind)
    if (link.state === 'online' || allowed === undefined) return {}
    if (allowed.why !== undefined) return { why: allowed.why }
    return amountMinor > allowed.perPaymentMinor ? { why: amountMinor > link.allowance.tillLeftMinor ? 'policy.till_cap' : 'policy.payment_cap' } : {}
  }
  const hasReader = devices.some(({ kind, state }) => kind === 'card_reader' && state === 'ready')
  return [
    { way: 'phone', ...offline(boundRequired ? 'wallet_bound' : 'wallet_shown') },
    ...(request.startsWith(PAYABLE_ONLINE) ? [{ way: 'at_hub' } as const] : []),
    { way: 'card', ...(hasReader ? offline('card') : ({ why: 'noReader' } as const)) },
    { way: 'credit', ...offline('credit') },
    ...(till.currency === ALIPAYS_CURRENCY ? [{ way: 'alipay', ...(link.state === 'online' ? {} : { why: 'scheme.alipay_offline' as const }) } as const] : []),
  ]
}
