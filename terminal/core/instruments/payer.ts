import { hex } from '#protocol/bytes.ts'
import { cardRefOf } from '#protocol/card.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Card } from '#protocol/device/messages.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'
import type { Scheme } from '#protocol/payment-code/other-schemes.ts'
import type { How } from '../../sale/tenders.ts'
import type { Minor } from '#protocol/money.ts'
import { statedIn } from '#protocol/hub/messages.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import type { Credential } from '#protocol/payment-code/credential.ts'
import type { Asked } from '#protocol/policy/decide.ts'
import { fingerprintOf, type DeniedName } from '#protocol/policy/deny-list.ts'

/**
 * Who pays, as far as a till remembers it. Kinds are told apart by `profile` (rows of an earlier version say no more than that); `wallet` is what their payments
 * count against, whatever it is called there: the caps for an instrument are sums over it.
 */
export type Payer = ByWallet | ByCredit | ByCard | ByPhoneAtHub | ByScheme | InCash
/** What somebody is asked about: notes and coins are not. */
export type Instrumental = Exclude<Payer, InCash>

export type ByWallet = {
  readonly wallet: string
  readonly profile: 'show' | 'bound'
  readonly limits: { readonly perPaymentLimitMinor: Minor; readonly totalLimitMinor: Minor }
  /** Which phone it was and who vouched for it: a deny list may name either. Missing in rows of an earlier version. */
  readonly credentialId?: string
  readonly issuerKeyId?: string
  readonly cash?: undefined
}
/** A gift card or store credit, named among what payments count against. */
export type ByCredit = {
  readonly wallet: `credit/${Id}`
  readonly profile: 'credit'
  readonly limits?: undefined
  readonly cash?: undefined
}
/** A swiped card, named by what may be shown of it: two that look alike share their limits. */
export type ByCard = {
  readonly wallet: `card/${string}`
  readonly profile: 'card'
  readonly card: Pick<Card, 'maskedPan' | 'expiry'>
  readonly limits?: undefined
  readonly cash?: undefined
}
/** A phone paid at the hub, which holds the money: nobody decides about it here. */
export type ByPhoneAtHub = {
  readonly wallet: string
  readonly profile: 'merchant_qr'
  readonly limits?: undefined
  readonly cash?: undefined
}
/** A wallet of another scheme. Whose it is only its issuer knows, so they all share one name. */
export type ByScheme = {
  readonly wallet: `scheme/${Scheme}`
  readonly profile: 'scheme'
  readonly scheme: Scheme
  readonly limits?: undefined
  readonly cash?: undefined
}
/** Notes and coins are nobody's wallet and nobody's risk. */
export type InCash = {
  readonly wallet: ''
  readonly profile?: undefined
  readonly limits?: undefined
  readonly cash: Pick<EntryBody<'payment.taken_in_cash'>, 'tenderedMinor' | 'changeMinor' | 'foreign'>
}

export const creditPayer = (creditId: Id): ByCredit => ({ wallet: `credit/${creditId}`, profile: 'credit' })
/** Undefined for a payment that was made otherwise. */
export const creditIdOf = (payer: Payer): Id | undefined => (payer.profile === 'credit' ? payer.wallet.slice('credit/'.length) : undefined)

export function cardPayer({ maskedPan, expiry }: Pick<Card, 'maskedPan' | 'expiry'>): ByCard {
  return { wallet: `card/${maskedPan}/${expiry ?? ''}`, profile: 'card', card: { maskedPan, ...(expiry === undefined ? {} : { expiry }) } }
}

export const phoneAtHub = (wallet: string): ByPhoneAtHub => ({ wallet, profile: 'merchant_qr' })
export const schemePayer = (scheme: Scheme): ByScheme => ({ wallet: `scheme/${scheme}`, profile: 'scheme', scheme })

export function howOf({ profile }: Payer): How {
  if (profile === undefined) return 'cash'
  return profile === 'credit' || profile === 'card' ? profile : 'wallet'
}

/** `issuer`: the id of the key that signed the credential. */
export const walletPayer = (credential: Credential, profile: ByWallet['profile'], issuer: Uint8Array): ByWallet => {
  const { wallet, credentialId, perPaymentLimitMinor, totalLimitMinor } = credential
  return { wallet, profile, limits: { perPaymentLimitMinor, totalLimitMinor }, credentialId, issuerKeyId: hex(issuer) }
}

/** Who pays by what an intent of this till says. The till has verified it before it wrote the entry; undefined where this version cannot read it. */
export function payerOf(instrument: EntryBody<'payment.intended'>['instrument']): Instrumental | undefined {
  if (instrument.type === 'credit') return creditPayer(instrument.creditId)
  if (instrument.type === 'card') return cardPayer(instrument)
  if (instrument.type === 'scheme') return schemePayer(instrument.scheme)
  if (instrument.type === 'merchant_qr') {
    const receipt = statedIn(instrument.receipt)
    return receipt && phoneAtHub(receipt.wallet)
  }
  const code = readCode(instrument.code)
  if (!code.ok) return undefined
  const { claims, envelope } = code.value.credential
  return walletPayer(claims, code.value.profile, envelope.keyId)
}

/** What the offline policy has to know of the instrument itself. `creditLeft`: of a credit that this till believes without asking, 0 for any other. */
export function askedOf(
  crypto: Pick<Crypto, 'sha256'>,
  payer: Exclude<Instrumental, ByPhoneAtHub | ByScheme>,
  creditLeft: (creditId: Id) => Minor,
): Pick<Asked, 'instrument' | 'denyFingerprints'> {
  if (payer.profile === 'credit') return { instrument: { kind: 'credit', leftMinor: creditLeft(creditIdOf(payer) ?? '') }, denyFingerprints: [] }
  if (payer.profile === 'card')
    return { instrument: { kind: 'card' }, denyFingerprints: [fingerprintOf(crypto, { kind: 'card', id: cardRefOf(crypto, payer.card) })] }
  const { profile, limits, wallet, credentialId, issuerKeyId } = payer
  const names: readonly DeniedName[] = [
    { kind: 'wallet', id: wallet },
    ...(credentialId === undefined ? [] : [{ kind: 'credential' as const, id: credentialId }]),
    ...(issuerKeyId === undefined ? [] : [{ kind: 'key' as const, id: issuerKeyId }]),
  ]
  return {
    instrument: { kind: profile === 'show' ? 'wallet_shown' : 'wallet_bound', limits },
    denyFingerprints: names.map((name) => fingerprintOf(crypto, name)),
  }
}
