import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { readCard } from '#protocol/loyalty/card.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { CustomerView } from '#protocol/till-api/goods.ts'
import { SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import type { Link, TillIdentity } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'
import type { Tendering } from './tender.ts'
import type { TillClock } from './till-clock.ts'

const PREFIX = 'customer/'
/** Customers that a till remembers for when it cannot ask: those it heard of last. */
const KEPT = 2000
const ASK_AGAIN: DurationMs = 2 * SECOND
/** An answer that is older than this is asked for anew, while the hub can be asked. */
const FRESH: DurationMs = 60 * SECOND

/** `points` as the hub said at `at`, less what was spent here since; `spent`: that. `hasEarned`: a sale has earned more since, which the hub will count. */
type Known = { readonly points: number; readonly spent: number; readonly at: EpochMs; readonly hasEarned?: true }

export type CustomersPorts = {
  readonly identity: Pick<TillIdentity, 'till' | 'signer'>
  readonly crypto: Crypto
  readonly store: TillStore
  readonly clock: TillClock
  readonly authority: Authority
  readonly link: Pick<Link, 'send'>
  /** The hub answers, and has settled everything that was written here: what it says of points counts all of that. */
  hubKnowsAll(): boolean
  /** The hub answers. */
  online(): boolean
  /** Asks the hub how far it is. */
  askStanding(): void
}

/**
 * Who buys, by the pseudonym on their card, and what this till knows of their points. With the hub as many may be spent as it says that there are; without it
 * as many as it said last, and never more than the shop's cap until it has answered again. The hub counts in the end, and shows what was overspent.
 */
export class Customers {
  readonly #ports: CustomersPorts
  readonly #known: Map<Id, Known>
  #asked: { readonly customer: Id; readonly at: DurationMs } | undefined

  constructor(ports: CustomersPorts) {
    this.#ports = ports
    const kept = [...ports.store.records(PREFIX)].map(([name, text]) => [name.slice(PREFIX.length), parseRecord<Known>(text)] as const)
    this.#known = new Map(kept.toSorted(([, a], [, b]) => a.at - b.at))
  }

  /** A card was scanned: its customer is the one of this sale. Throws StoreError. */
  identify(text: string, tendering: Tendering): Outcome<null> {
    const { authority, crypto } = this.#ports
    if (authority.terms.loyalty === undefined) return fail('sale.no_points')
    const card = readCard(crypto, text, (id) => authority.issuerKey(id))
    return card.ok ? tendering.sell({ type: 'customer_set', customer: card.value.customer }) : card
  }

  /** Throws StoreError. */
  spend(points: number, tendering: Tendering): Outcome<null> {
    const { customer } = tendering.sale
    if (customer === undefined) return fail('sale.no_customer')
    return points > this.#canSpend(customer.id) ? fail('sale.too_many_points') : tendering.sell({ type: 'points_set', points })
  }

  /** Whether the points in the basket may still be spent: the hub may have gone, or said less, since they were put there. */
  mayPay({ sale }: Pick<Tendering, 'sale'>): Outcome<null> {
    const { customer, points } = sale
    return customer !== undefined && points !== undefined && points.spent > this.#canSpend(customer.id) ? fail('sale.too_many_points') : ok(null)
  }

  view({ sale }: Pick<Tendering, 'sale'>): CustomerView | undefined {
    const { customer, points } = sale
    if (customer === undefined) return undefined
    const known = this.#known.get(customer.id)
    return {
      label: customer.id.slice(-6).toUpperCase(),
      ...(known === undefined ? {} : { balance: { points: known.points, at: known.at } }),
      earns: points?.earned ?? 0,
      spends: points?.spent ?? 0,
      canSpend: this.#canSpend(customer.id),
    }
  }

  #canSpend(customer: Id): number {
    const { authority, clock, online } = this.#ports
    const known = this.#known.get(customer)
    if (known === undefined || authority.terms.loyalty === undefined) return 0
    const isFresh = online() && clock.now() - known.at < 2 * FRESH
    const most = isFresh ? known.points : Math.min(known.points, authority.terms.loyalty.offlinePoints - known.spent)
    return Math.max(0, most)
  }

  /** What a sale spends is not there for the next, and what it earns is asked for anew: records that belong into the transaction of these facts. */
  count(facts: readonly Fact[]): Readonly<Record<string, string>> {
    const put: Record<string, string> = {}
    for (const { kind, body } of facts) {
      if (kind !== 'sale.completed' || body.customer === undefined) continue
      const known = this.#known.get(body.customer)
      if (known === undefined) continue
      const { pointsSpent = 0, pointsEarned = 0 } = body
      const left: Known = {
        ...known,
        points: known.points - pointsSpent,
        spent: known.spent + pointsSpent,
        ...(pointsEarned > 0 ? { hasEarned: true } : {}),
      }
      this.#known.set(body.customer, left)
      put[PREFIX + body.customer] = JSON.stringify(left)
    }
    return put
  }

  /** To be called by a timer: asks the hub about the customer of the basket, again and again until it has answered. `at` is monotonic. */
  step({ sale }: Pick<Tendering, 'sale'>, at: DurationMs): void {
    const { customer } = sale
    const { identity, link, clock, hubKnowsAll, online, askStanding } = this.#ports
    if (customer === undefined || !online()) return
    const known = this.#known.get(customer.id)
    if (known !== undefined && known.spent === 0 && known.hasEarned !== true && clock.now() - known.at < FRESH) return
    if (this.#asked?.customer === customer.id && at - this.#asked.at < ASK_AGAIN) return
    this.#asked = { customer: customer.id, at }
    if (!hubKnowsAll()) return askStanding()
    link.send(encodeSigned(identity.signer, signedTypes.pointsAsked, { v: 1, till: identity.till, customer: customer.id }))
  }

  /** The hub's signed answer. One that is older than what is known, or came to a question before the last sale, counts for nothing. Throws StoreError. */
  answered(bytes: Uint8Array): Outcome<null> {
    const { authority, identity, store, hubKnowsAll } = this.#ports
    const opened = authority.open(bytes, signedTypes.points)
    if (!opened.ok) return opened
    const { till, customer, points, hubTime } = opened.value
    if (till !== identity.till) return fail('wire.wrong_till')
    const isOurs = this.#asked?.customer === customer && hubKnowsAll()
    if (!isOurs || hubTime <= (this.#known.get(customer)?.at ?? 0)) return ok(null)
    const known: Known = { points, spent: 0, at: hubTime }
    const gone = [...this.#known.keys()].slice(0, Math.max(0, this.#known.size - KEPT))
    store.commit({ put: { [PREFIX + customer]: JSON.stringify(known) }, remove: gone.map((id) => PREFIX + id) })
    for (const id of gone) this.#known.delete(id)
    this.#known.delete(customer)
    this.#known.set(customer, known)
    return ok(null)
  }
}
