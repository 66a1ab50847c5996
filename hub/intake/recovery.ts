import { isAcquired } from './schemes.ts'
import { refundAgain, undoCard } from './cards.ts'
import { collectNow } from './collecting.ts'
import { Desk, type Shopkeeper } from './desk.ts'
import { takeHubStep } from './hub-step.ts'
import { postLoss } from './losses.ts'
import { forfeitPoints } from './points.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { isId } from '#protocol/ids.ts'
import { nextPaymentState } from '#protocol/journal/payment.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

/** What a person does about captured payments without money. Takes turns with settling by the versions of the rows, as everybody does. */
export interface Recovery {
  /** Tries for the money now, in RETRY or RECOVERY. The codes of a payment that stays unpaid say why; nothing has changed then. */
  retryPayment(id: string): Promise<Outcome<void, ErrorCode>>
  /** Gives up a payment in RECOVERY, for good. The reason is kept with its history. */
  writeOff(id: string, reason: string): Promise<Outcome<void, ErrorCode>>
  /** Asks the acquirer once more to give back what it has refused to. The reason is kept with the payment's history. `refund.nothing_refused`: there is none of it. */
  refundAgain(id: string, reason: string): Promise<Outcome<void, ErrorCode>>
}

export type RecoveryPorts = {
  readonly clock: Clock
  readonly store: HubStore
  readonly shop: Pick<Shopkeeper, 'merchant' | 'currency' | 'duplicateBorneBy'>
  changed(): void
}

export const MAX_STALE_COMMITS = 20

export function createRecovery({ clock, store, shop, changed }: RecoveryPorts): Recovery {
  async function act(id: string, decide: (desk: Desk, payment: Payment) => Outcome<void, ErrorCode>): Promise<Outcome<void, ErrorCode>> {
    if (!isId(id)) return fail('payment.unknown')
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(store, { payments: [id], points: [id] }, shop, clock.now())
      const payment = desk.payment(id)
      if (payment === undefined) return fail('payment.unknown')
      const decided = decide(desk, payment)
      if (!decided.ok) return decided
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return ok(undefined)
    }
    invariant(false, 'what a person does commits in the end')
  }

  return {
    retryPayment: (id) =>
      act(id, (desk, payment) => {
        const possible = nextPaymentState(payment.state, 'hub.recovered')
        return possible.ok ? collectNow(desk, shop, payment) : possible
      }),
    refundAgain: (id, reason) =>
      act(id, (desk, payment) => {
        if (!refundAgain(desk, payment)) return fail('refund.nothing_refused')
        desk.record({ payment: payment.id, at: desk.now, event: 'hub.refund_asked_again', detail: reason })
        return ok(undefined)
      }),
    writeOff: (id, reason) =>
      act(id, (desk, payment) => {
        const possible = nextPaymentState(payment.state, 'hub.wrote_off')
        if (!possible.ok) return possible
        desk.save(takeHubStep(desk, payment, 'hub.wrote_off', reason))
        postLoss(desk, shop, payment)
        forfeitPoints(desk, payment)
        if (isAcquired(payment)) undoCard(desk, payment)
        return ok(undefined)
      }),
  }
}
