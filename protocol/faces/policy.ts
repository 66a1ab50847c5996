/**
 * What a face may pay for, by what confirms it. One pure function, at the face service, at the hub and wherever a question "why not" is answered.
 *
 * - `face`: one of a store's recent visitors was recognised (1:N). Even a rate of false matches of a few in a million is one in some hundred shoppers, so it
 *   stands alone only for small sums.
 * - `face_and_digits`: the shopper typed the last digits of the phone number, and the face is that person's (1:1).
 * - `face_and_code`: a payment code named the wallet, and the face is its owner's (1:1).
 */
export const faceFactors = ['face', 'face_and_digits', 'face_and_code'] as const
export type FaceFactor = (typeof faceFactors)[number]

export type FaceCaps = {
  /** Of one payment, by factor, in minor units of `currency`. 0: not taken. */
  readonly perPaymentMinor: Readonly<Record<FaceFactor, number>>
  /** Of one person in a day by face alone and by face with digits, together. */
  readonly perDayMinor: number
  readonly currency: string
}

/** In the shop's currency; what an operator who has said nothing gets. */
export const cautiousCaps = (currency: string): FaceCaps => ({
  perPaymentMinor: { face: 2_000, face_and_digits: 10_000, face_and_code: 50_000 },
  perDayMinor: 20_000,
  currency,
})

export type FaceAsk = { readonly factor: FaceFactor; readonly amountMinor: number; readonly currency: string; readonly spentTodayMinor: number }

/** What would be enough: the weakest factor that may pay so much, the one asked for or a stronger one. Undefined where no face may. */
export function factorFor({ factor, amountMinor, currency, spentTodayMinor }: FaceAsk, caps: FaceCaps): FaceFactor | undefined {
  if (currency !== caps.currency || !(Number.isSafeInteger(amountMinor) && amountMinor > 0)) return undefined
  return faceFactors
    .slice(faceFactors.indexOf(factor))
    .find((one) => amountMinor <= caps.perPaymentMinor[one] && (one === 'face_and_code' || spentTodayMinor + amountMinor <= caps.perDayMinor))
}
