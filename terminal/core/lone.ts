import type { Policy } from '#protocol/policy/bundle.ts'
import type { Asked, Situation } from '#protocol/policy/decide.ts'
import { LoneMemory, REMEMBERED } from '#protocol/risk/lone.ts'
import type { DurationMs } from '#protocol/time.ts'
import type { PaymentRecord, Payments } from './payments.ts'

/** What this till knows of a payment from its own journal, for the model in its policy. Read from the disk at the first question; a till that is never alone reads nothing. */
export class Lone {
  readonly #payments: Pick<Payments, 'sold'>
  #memory: LoneMemory | undefined

  constructor(payments: Pick<Payments, 'sold'>) {
    this.#payments = payments
  }

  /** It was captured, and is on the disk. */
  captured(record: PaymentRecord): void {
    if (this.#memory !== undefined) addTo(this.#memory, record)
  }

  /** For `decideOffline`; nothing where the policy has no model. */
  asked(
    policy: Policy | undefined,
    { now, offlineFor }: Pick<Situation, 'now' | 'offlineFor'>,
    { instrument: { kind }, instrumentExposureMinor }: Pick<Asked, 'instrument' | 'instrumentExposureMinor'>,
    { wallet, amountMinor, limits }: PaymentRecord,
    codeAgeMs: DurationMs | undefined,
  ): Pick<Asked, 'lone'> {
    if (policy?.risk === undefined) return {}
    const { standing } = policy.risk
    const payment = { at: now, instrument: wallet, kind, amountMinor, limits, exposureMinor: instrumentExposureMinor, offlineFor, codeAgeMs, standing }
    return { lone: this.#remembered().features(payment) }
  }

  #remembered(): LoneMemory {
    if (this.#memory !== undefined) return this.#memory
    const memory = new LoneMemory()
    const past = this.#payments.sold(REMEMBERED).toSorted((a, b) => (a.capturedAt ?? 0) - (b.capturedAt ?? 0))
    for (const record of past) addTo(memory, record)
    this.#memory = memory
    return memory
  }
}

/** Only what a policy might have decided: the hub, which learns from the same journal, leaves out the rest as well. */
function addTo(memory: LoneMemory, { cash, profile, wallet, amountMinor, intendedAt, capturedAt }: PaymentRecord): void {
  if (cash !== undefined || profile === 'merchant_qr' || profile === 'scheme' || capturedAt === undefined) return
  memory.add({ at: intendedAt, instrument: wallet, amountMinor })
}
