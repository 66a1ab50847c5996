import { isPaidCode } from '#protocol/hub/paid.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'
import type { Credits } from '../credits.ts'
import { swipedCard } from './card.ts'
import { creditOnPaper } from './credit.ts'
import type { Instrument, InstrumentPorts, Presented, Shown, ToPay } from './instrument.ts'
import { schemeCode } from './scheme.ts'
import { walletCode } from './wallet.ts'

/**
 * Everything but notes and coins that this till takes. A kind of instrument is a file beside this one, a line here, a variant of the `instrument` of
 * `payment.intended`, and what `payer.ts` makes of that.
 */
export class Instruments {
  readonly #kinds: readonly Instrument[]

  constructor(ports: InstrumentPorts, credits: Credits) {
    this.#kinds = [walletCode(ports), swipedCard(ports), creditOnPaper(ports, credits), schemeCode(ports)]
  }

  /** Whether somebody means to pay with this. */
  knows(shown: Shown): boolean {
    return isReceipt(shown) || this.#kinds.some((kind) => kind.isOne(shown))
  }

  /** Whether it can pay this. Spends nothing and writes nothing. */
  judge(shown: Shown, toPay: ToPay): Outcome<Presented> {
    return this.#kinds.find((kind) => kind.isOne(shown))?.judge(shown, toPay) ?? fail('code.unknown_scheme')
  }
}

/** What a phone shows that has paid at the hub: it was judged there, and `PhonePaid` reads it. */
export const isReceipt = (shown: Shown): boolean => shown.type === 'code' && isPaidCode(shown.text)
