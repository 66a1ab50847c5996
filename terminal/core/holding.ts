import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Policy } from '#protocol/hub/messages.ts'
import type { Minor } from '#protocol/money.ts'
import type { Holds } from '#protocol/policy/deny-messages.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import type { Denied } from './denied.ts'
import type { Link, TillIdentity } from './ports.ts'

/** A deny list that is behind is asked for so often: the question may be lost, or the answer. */
const ASK_AGAIN: DurationMs = 5 * SECOND
/** What a till has is told so often although nothing is new: the answer confirms that its deny list is still the newest. */
const TELL_AGAIN: DurationMs = 10 * MINUTE

export type Held = {
  readonly policy: Policy | undefined
  readonly denied: Pick<Denied, 'version' | 'behind'>
  readonly exposureMinor: Minor
  /** What other lanes lent to this one, or, negative, had of it. */
  readonly sliceLentMinor: Minor
}

/**
 * Tells the hub which policy and which deny list this till has on its disk. Only of a policy whose slice is not exceeded by what is at risk here and what other
 * lanes have of it: the hub lets another till have what it took from this one's slice.
 */
export class Holding {
  readonly #identity: Pick<TillIdentity, 'till' | 'signer'>
  readonly #link: Pick<Link, 'send'>
  #told: { readonly content: string; readonly at: DurationMs } | undefined

  constructor(identity: Pick<TillIdentity, 'till' | 'signer'>, link: Pick<Link, 'send'>) {
    this.#identity = identity
    this.#link = link
  }

  /** `isConnected`: there is somebody to tell. `at` is monotonic. */
  step(held: Held, isConnected: boolean, at: DurationMs): void {
    if (!isConnected) {
      this.#told = undefined
      return
    }
    const holds = this.#holds(held)
    const content = JSON.stringify(holds)
    const isBehind = held.denied.behind || held.denied.version < (held.policy?.denyList?.version ?? 0)
    if (this.#told?.content === content && at - this.#told.at < (isBehind ? ASK_AGAIN : TELL_AGAIN)) return
    this.#told = { content, at }
    this.#link.send(encodeSigned(this.#identity.signer, signedTypes.holds, holds))
  }

  #holds({ policy, denied, exposureMinor, sliceLentMinor }: Held): Holds {
    const isWithin = policy !== undefined && (policy.storeSlice === undefined || exposureMinor <= policy.storeSlice.sliceMinor + sliceLentMinor)
    return {
      v: 1,
      till: this.#identity.till,
      denied: denied.version,
      ...(isWithin ? { policy: { version: policy.version, issuedAt: policy.issuedAt } } : {}),
    }
  }
}
