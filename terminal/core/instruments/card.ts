import { hasExpired } from '#protocol/card.ts'
import type { Card } from '#protocol/device/messages.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { Instrument, InstrumentPorts, Shown } from './instrument.ts'
import { cardPayer } from './payer.ts'

/** The counter is the lowest 21 bits of a serial number for TDES, 32 for AES (ANSI X9.24-1 and -3); what is above it names the reader. */
const COUNTER_BITS = { 20: 21, 24: 32 } as const

/** Of one reader, each swipe has a higher number than the one before. */
function swipeOf(ksn: string): { readonly reader: string; readonly counter: number } {
  const bits = ksn.length === 20 ? COUNTER_BITS[20] : COUNTER_BITS[24]
  const tail = parseInt(ksn.slice(-8), 16)
  const counter = tail % 2 ** bits
  return { reader: `${ksn.slice(0, -8)}${(tail - counter).toString(16).padStart(8, '0')}`, counter }
}

/** One swipe, as something that is held out to pay with. What names it is no card data. */
export const swipe = (card: Card): Shown => ({ type: 'card', text: `card ${card.maskedPan} ${card.encrypted?.ksn ?? ''}`, card })

/**
 * A card that was swiped. What the reader encrypted goes into the journal as it is, and nobody here can open it: whether it is the card that it says it is,
 * the hub and the card's bank find out.
 */
export const swipedCard = ({ clock, spentCodes }: InstrumentPorts): Instrument => ({
  isOne: ({ type }) => type === 'card',

  judge(shown, { amountMinor }) {
    if (shown.type !== 'card') return fail('card.unreadable')
    const { maskedPan, expiry, encrypted } = shown.card
    if (encrypted === undefined) return fail('card.unencrypted')
    if (encrypted.track1 === undefined && encrypted.track2 === undefined) return fail('card.unreadable')
    const at = clock.now()
    if (expiry !== undefined && hasExpired(expiry, at)) return fail('card.expired')
    const { reader, counter } = swipeOf(encrypted.ksn)
    if (counter <= spentCodes.counterOf(`reader/${reader}`)) return fail('card.used')
    return ok({
      amountMinor,
      instrument: { type: 'card', maskedPan, ...(expiry === undefined ? {} : { expiry }), encrypted },
      payer: cardPayer(shown.card),
      at,
      put: spentCodes.put(`reader/${reader}`, counter, at),
    })
  },
})
