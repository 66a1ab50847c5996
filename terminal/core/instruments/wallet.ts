import { base64url } from '#protocol/bytes.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { isPaymentCode, readCode } from '#protocol/payment-code/code.ts'
import { verifyCode } from '#protocol/payment-code/verify.ts'
import type { Instrument, InstrumentPorts } from './instrument.ts'
import { walletPayer } from './payer.ts'

/** A payment code on a phone, of either profile. */
export const walletCode = ({ crypto, clock, authority, spentCodes }: InstrumentPorts): Instrument => ({
  isOne: ({ text }) => isPaymentCode(text),

  judge({ text }, { amountMinor, currency, request }) {
    const read = readCode(text)
    if (!read.ok) return read
    const at = clock.now()
    const verified = verifyCode(crypto, read.value, { issuerKey: (id) => authority.issuerKey(id), shownAt: at, currency, request: request.bytes })
    if (!verified.ok) return verified
    const code = verified.value
    const { credentialId } = code.credential
    const usedBefore = spentCodes.usedBefore(credentialId, code.counter)
    if (usedBefore !== undefined) return fail(usedBefore)
    if (code.profile === 'bound' && code.request.amountMinor !== amountMinor) return fail('code.wrong_request', 'another amount was confirmed')
    // A shown code can be relayed whether or not the hub answers, so this cap holds online too.
    const cap = authority.policy?.offline.perShownCodeMinor
    if (code.profile === 'show' && cap !== undefined && amountMinor > cap) return fail('code.bound_required')
    return ok({
      amountMinor,
      instrument: { type: 'wallet', code: text, ...(code.profile === 'bound' ? { request: base64url(request.bytes) } : {}) },
      payer: walletPayer(code.credential, code.profile, read.value.credential.envelope.keyId),
      at,
      codeAgeMs: Math.max(0, at - read.value.issuedAtMs),
      put: spentCodes.put(credentialId, code.counter, at),
    })
  },
})
