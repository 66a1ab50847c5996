import { createQuoting, type Quoting } from './quoting.ts'
import { createRates, type Rates, type RatesPorts } from './rates.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { Clock } from '#protocol/time.ts'

/** Everything of a hub that exchanges. */
export type Exchanging = {
  readonly rates: Rates
  readonly quoting: Quoting
  start(): Promise<void>
  /** Its feed may have something new. */
  wake(): void
  idle(): Promise<void>
}

export function createExchange(ports: RatesPorts & { readonly clock: Pick<Clock, 'now'>; readonly crypto: Crypto; ackSigner(): Signer }): Exchanging {
  const rates = createRates(ports)
  let looking: Promise<void> = Promise.resolve()
  const wake = (): void => {
    looking = rates.look()
  }
  return {
    rates,
    quoting: createQuoting({ ...ports, rates }),
    // A feed that is slow must not keep the shop from opening.
    async start() {
      await rates.start()
      wake()
    },
    wake,
    idle: () => looking,
  }
}
