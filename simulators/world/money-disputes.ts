import { readChargeback } from '../../hub/settlement/chargeback.ts'
import { readClaim } from '../../hub/settlement/claim.ts'
import type { Changes } from '../../hub/store/hub-store.ts'
import type { CardBank } from './card-bank.ts'
import type { HubMachine, RunningHub } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** What customers' banks can take back, and what can become of money that a merchant owes. */
export const disputeMoves = [
  'chargeback open',
  'chargeback represented',
  'chargeback won',
  'chargeback lost',
  'chargeback refused',
  'claim open',
  'claim paid',
  'claim written_off',
] as const

export const disputeMovesOf = ({ documents = [] }: Changes): string[] =>
  documents.flatMap((row) => {
    if (row.id.startsWith('chargeback/')) return [`chargeback ${readChargeback(row).state}`]
    return row.id.startsWith('claim/') ? [`claim ${readClaim(row).state}`] : []
  })

/** By payment: what customers' banks take back in this commit, minor units. */
export const chargedBackIn = ({ documents = [] }: Changes): ReadonlyMap<Id, number> =>
  new Map(
    documents.flatMap((row) => {
      if (!row.id.startsWith('chargeback/') || row.version !== 0) return []
      const { payment, amountMinor } = readChargeback(row)
      return [[payment, amountMinor] as const]
    }),
  )

type Dispute = {
  readonly id: Id
  readonly payment: Id
  readonly amountMinor: number
  readonly evidenceUntil: EpochMs
  state: 'told' | 'taken' | 'won' | 'refused'
}
export type DisputePlace = { readonly hub: HubMachine; readonly bank: CardBank; readonly trace: Trace; now(): EpochMs }

/**
 * Cardholders who dispute, and what they owe a merchant's bank for. The acquirer has decided before the hub hears of it, tells it until it is heard, and often twice;
 * what the hub refuses (more than is left of the payment) the acquirer takes back itself. Its own books say what it has taken, so that the hub's can be compared.
 */
export class Disputes {
  readonly moves = new Set<string>()
  readonly #place: DisputePlace
  readonly #random: Random
  readonly #disputes: Dispute[] = []
  #told = false

  constructor(place: DisputePlace, random: Random) {
    this.#place = place
    this.#random = random
  }

  /** Of a payment: what its cardholder has got by chargebacks, whoever had to bear it in the end. */
  chargedBack(payment: Id): bigint {
    return this.#sum((one) => one.payment === payment && (one.state === 'taken' || one.state === 'won'))
  }

  /** What the acquirer has taken from the hub and not given back. */
  get takenMinor(): bigint {
    return this.#sum(({ state }) => state === 'taken')
  }

  #sum(which: (one: Dispute) => boolean): bigint {
    return this.#disputes.reduce((sum, one) => sum + (which(one) ? BigInt(one.amountMinor) : 0n), 0n)
  }

  /** `mayPay`: nobody checks where that money comes from. */
  act(mayPay: boolean): void {
    const { hub } = this.#place
    if (this.#random.chance(0.5)) this.#dispute()
    hub.ask((running) => this.#tell(running))
    hub.ask((running) => this.#answer(running))
    hub.ask((running) => this.#recover(running, mayPay))
  }

  /** Everybody has heard of everything. */
  calm(): void {
    this.#place.hub.ask((running) => this.#tell(running))
  }

  #dispute(): void {
    const { hub, bank } = this.#place
    const random = this.#random
    const charged = [...hub.disk.rows.cards.keys()].filter((payment) => bank.takenFor(payment) > 0n)
    if (charged.length === 0) return
    const payment = random.pick(charged)
    const amountMinor = random.chance(0.6) ? Number(bank.takenFor(payment)) : random.between(1, Number(bank.takenFor(payment)))
    const now = this.#place.now()
    this.#disputes.push({ id: makeId(now, random.bytes(10)), payment, amountMinor, evidenceUntil: now + random.pick([1, 20]) * DAY, state: 'told' })
  }

  async #tell({ hub: { settlement } }: RunningHub): Promise<void> {
    if (this.#told) return
    this.#told = true
    try {
      for (const dispute of this.#disputes.filter(({ state }) => state === 'told')) {
        const { id, payment, amountMinor, evidenceUntil } = dispute
        const said = { id, payment, amountMinor, reason: '10.4', reference: `case ${id}`, evidenceUntil }
        for (let times = this.#random.chance(0.3) ? 2 : 1; times > 0; times--) {
          const opened = await settlement.chargebacks.open(said, 'ann')
          if (!opened.ok && opened.code === 'till.disk_full') continue
          dispute.state = opened.ok ? 'taken' : 'refused'
          if (!opened.ok) this.moves.add('chargeback refused')
        }
      }
    } finally {
      this.#told = false
    }
  }

  async #answer({ hub: { settlement } }: RunningHub): Promise<void> {
    const known = await settlement.chargebacks.list({ limit: 20 })
    if (known.length === 0) return
    const random = this.#random
    const { id, state } = random.pick(known)
    const dispute = this.#disputes.find((one) => one.id === id)
    const event = random.pick(['represent', 'represent', 'win', 'lose'] as const)
    // Nobody wins or loses at an acquirer that has not decided.
    const stepped = await settlement.chargebacks.step(id, event, 'bob', `case ${id}`)
    if (stepped.ok && stepped.value.state === 'won' && state !== 'won' && dispute !== undefined) dispute.state = 'won'
  }

  /** Two people give up what a merchant owes, or it pays. */
  async #recover({ hub: { settlement } }: RunningHub, mayPay: boolean): Promise<void> {
    const random = this.#random
    const claims = await settlement.claims.list(20)
    if (claims.length === 0) return
    const claim = random.pick(claims)
    const how = random.pick(['propose', 'agree', 'pay'] as const)
    if (how === 'propose') await settlement.claims.proposeWriteOff(claim, random.pick(['ann', 'bob']), 'gone')
    else if (how === 'agree') await settlement.claims.writeOff(claim, random.pick(['ann', 'bob']))
    else if (mayPay) await settlement.claims.paid(claim, BigInt(random.between(1, 2000)), random.pick(['line 1', 'line 2']))
  }
}
