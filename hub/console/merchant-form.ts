import type { FeeRateView, MerchantTermsView } from '#protocol/hub-api/merchants.ts'

/** A merchant's terms as they stand in a form: texts, percents with a decimal point or comma, sums in minor units. The hub says what is wrong with them (`merchantTerms`). Pure. */
export type RateDraft = {
  readonly tiers: readonly { readonly from: string; readonly percent: string }[]
  readonly fixed: string
  readonly minimum: string
  readonly maximum: string
}
export type MerchantDraft = {
  readonly name: string
  readonly legalName: string
  readonly country: string
  readonly state: MerchantTermsView['state']
  readonly timeZone: string
  readonly cutOff: string
  readonly stores: readonly { readonly id?: string; readonly name: string }[]
  readonly rates: Readonly<Record<Instrument, RateDraft | undefined>>
  readonly taxPercent: string
  readonly atRefund: MerchantTermsView['fees']['atRefund']
  readonly refundRate: 'original' | 'today'
  readonly chargeback: string
  readonly reservePercent: string
  readonly reserveDays: string
  readonly secondPersonAbove: string
  readonly evidenceDays: string
  readonly iban: string
  readonly holder: string
  readonly bic: string
  readonly recoverAfterDays: string
}
export type Instrument = FeeRateView['instrument']
export const instruments = ['wallet', 'card', 'scheme'] as const

export const emptyRate: RateDraft = { tiers: [{ from: '0', percent: '0' }], fixed: '0', minimum: '0', maximum: '' }

const NEW: MerchantTermsView = {
  id: '',
  name: '',
  stores: [],
  state: 'active',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  cutOff: '00:00',
  fees: { rates: [], taxPpm: 0, atRefund: 'kept', chargebackMinor: 0 },
  recoverAfterDays: 30,
}

export function draftOf(terms: MerchantTermsView = NEW): MerchantDraft {
  const { fees, reserve, escrow, account } = terms
  const rateOf = (instrument: Instrument): RateDraft | undefined => {
    const rate = fees.rates.find((one) => one.instrument === instrument)
    return (
      rate && {
        tiers: rate.tiers.map(({ fromMinor, ppm }) => ({ from: String(fromMinor), percent: percentOf(ppm) })),
        fixed: String(rate.fixedMinor),
        minimum: String(rate.minimumMinor),
        maximum: rate.maximumMinor === undefined ? '' : String(rate.maximumMinor),
      }
    )
  }
  return {
    name: terms.name,
    legalName: terms.legalName ?? '',
    country: terms.country ?? '',
    state: terms.state,
    timeZone: terms.timeZone,
    cutOff: terms.cutOff,
    stores: terms.stores,
    rates: { wallet: rateOf('wallet'), card: rateOf('card'), scheme: rateOf('scheme') },
    taxPercent: percentOf(fees.taxPpm),
    atRefund: fees.atRefund,
    refundRate: terms.refundRate ?? 'original',
    chargeback: String(fees.chargebackMinor),
    reservePercent: reserve === undefined ? '' : percentOf(reserve.ppm),
    reserveDays: reserve === undefined ? '' : String(reserve.days),
    secondPersonAbove: escrow === undefined ? '' : String(escrow.secondPersonAboveMinor),
    evidenceDays: escrow === undefined ? '' : String(escrow.evidenceDays),
    iban: account?.iban ?? '',
    holder: account?.name ?? '',
    bic: account?.bic ?? '',
    recoverAfterDays: String(terms.recoverAfterDays),
  }
}

/** What is sent. What the form does not show stays as it was; what is no number is sent as it is written, and refused by name. */
export function termsOf(draft: MerchantDraft, before: MerchantTermsView | undefined): Readonly<Record<string, unknown>> {
  const { legalName, country, reservePercent, reserveDays, secondPersonAbove, evidenceDays, iban, holder, bic } = draft
  const rates = instruments.flatMap((instrument) => {
    const rate = draft.rates[instrument]
    if (rate === undefined) return []
    const tiers = rate.tiers.map(({ from, percent }) => ({ fromMinor: whole(from), ppm: ppmOf(percent) }))
    return [
      {
        instrument,
        tiers,
        fixedMinor: whole(rate.fixed),
        minimumMinor: whole(rate.minimum),
        ...(rate.maximum.trim() !== '' && { maximumMinor: whole(rate.maximum) }),
      },
    ]
  })
  const { legalName: _1, country: _2, reserve: _3, escrow: _4, account: _5, ...kept } = before ?? { ...NEW, id: undefined }
  return {
    ...kept,
    name: draft.name.trim(),
    ...(legalName.trim() !== '' && { legalName: legalName.trim() }),
    ...(country.trim() !== '' && { country: country.trim().toUpperCase() }),
    state: draft.state,
    timeZone: draft.timeZone.trim(),
    cutOff: draft.cutOff,
    stores: draft.stores.map(({ id, name }) => ({ ...(id !== undefined && { id }), name: name.trim() })),
    fees: { ...before?.fees, rates, taxPpm: ppmOf(draft.taxPercent), atRefund: draft.atRefund, chargebackMinor: whole(draft.chargeback) },
    ...((reservePercent + reserveDays).trim() !== '' && { reserve: { ppm: ppmOf(reservePercent), days: whole(reserveDays) } }),
    ...((secondPersonAbove + evidenceDays).trim() !== '' && {
      escrow: { secondPersonAboveMinor: whole(secondPersonAbove), evidenceDays: whole(evidenceDays) },
    }),
    ...((iban + holder + bic).trim() !== '' && {
      account: { iban: iban.replaceAll(/\s/g, '').toUpperCase(), name: holder.trim(), ...(bic.trim() !== '' && { bic: bic.trim().toUpperCase() }) },
    }),
    // Nothing said is its own rate, and stays unsaid.
    ...((draft.refundRate !== 'original' || before?.refundRate !== undefined) && { refundRate: draft.refundRate }),
    recoverAfterDays: whole(draft.recoverAfterDays),
  }
}

/** `0.4` for 4000 parts per million. By text alone. */
export function percentOf(ppm: number): string {
  const digits = String(ppm).padStart(5, '0')
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`.replace(/\.?0+$/, '')
}
function ppmOf(text: string): number | string {
  const [, whole = '', part = ''] = /^(\d{1,3})(?:[.,](\d{1,4}))?\s*%?$/.exec(text.trim()) ?? []
  return whole === '' ? text : Number(whole + part.padEnd(4, '0'))
}
const whole = (text: string): number | string => (/^\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : text)
