import { isCreditCode, proofOfCredit, readCredit } from '#protocol/credit/code.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { Credits } from '../credits.ts'
import type { Instrument, InstrumentPorts } from './instrument.ts'
import { creditPayer } from './payer.ts'

/** A gift card or store credit, by the code on its paper. It pays what is left on it, at most. */
export const creditOnPaper = ({ crypto, clock }: InstrumentPorts, credits: Credits): Instrument => ({
  isOne: (shown) => shown.type === 'code' && isCreditCode(shown.text),

  judge(shown, { amountMinor, currency }) {
    const read = shown.type === 'code' ? readCredit(shown.text) : fail('code.unknown_scheme')
    if (!read.ok) return read
    const { credit } = read.value
    if (credit.currency !== currency) return fail('code.wrong_currency')
    const recognised = credits.recognise(read.value)
    if (!recognised.ok) return recognised
    const { leftMinor, put } = recognised.value
    return ok({
      amountMinor: Math.min(amountMinor, leftMinor),
      instrument: { type: 'credit', creditId: credit.creditId, proof: proofOfCredit(crypto, shown.text) },
      payer: creditPayer(credit.creditId),
      at: clock.now(),
      put,
    })
  },
})
