import { schemeOf } from '#protocol/payment-code/other-schemes.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { Instrument, InstrumentPorts } from './instrument.ts'
import { schemePayer } from './payer.ts'

/** A wallet of another scheme. Whether its code is any good only the scheme can say, so the hub asks; without the hub it is nobody's to take. */
export const schemeCode = ({ clock }: InstrumentPorts): Instrument => ({
  isOne: ({ type, text }) => type === 'code' && schemeOf(text) !== undefined,

  judge({ text }, { amountMinor }) {
    const scheme = schemeOf(text)
    if (scheme === undefined) return fail('code.unknown_scheme')
    return ok({ amountMinor, instrument: { type: 'scheme', scheme, code: text }, payer: schemePayer(scheme), at: clock.now(), put: {} })
  },
})
