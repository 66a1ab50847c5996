import { chargebackDocument, chargebackRow, nextChargebackState, readChargeback, type Chargeback, type ChargebackEvent } from './chargeback.ts'
import { caseOf } from '../acquirers/card-case.ts'
import { Desk } from '../intake/desk.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { withPoints } from '../intake/points.ts'
import { isAcquired } from '../intake/schemes.ts'
import { acquirerAccount, merchantAccount } from '../ledger/names.ts'
import { isFraudReason, labelDocument, sayLabel } from '../risk/labels.ts'
import type { Merchants } from '../merchants/register.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor, stepPayment } from '#protocol/journal/payment.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/**
 * Chargebacks and their money. What is charged back counts as given back (invariant 12): a till can refund what is left and no more, so a customer who disputes and
 * returns is not paid twice. A chargeback that the merchant wins brings the money; what was refunded stays as it is, and no till gives it out again.
 */
export interface Chargebacks {
  find(id: Id): Promise<Chargeback | undefined>
  list(range: { readonly after?: Id | undefined; readonly limit: number }): Promise<readonly Chargeback[]>
  /** The id is the caller's; the same again changes nothing. */
  open(said: NewChargeback, by: string): Promise<Outcome<Chargeback, ChargebackCode>>
  step(id: Id, event: ChargebackEvent, by: string, note: string): Promise<Outcome<Chargeback, ChargebackCode>>
}
export type NewChargeback = Pick<Chargeback, 'id' | 'payment' | 'amountMinor' | 'reason' | 'reference'> & { readonly evidenceUntil: EpochMs }
export type ChargebackCode =
  | 'payment.unknown'
  | 'entry.conflict'
  | 'chargeback.unknown'
  | 'chargeback.not_possible'
  | 'chargeback.exceeds'
  | 'chargeback.wrong_state'
  | 'till.disk_full'

export type ChargebackPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly store: HubStore
  readonly merchants: Pick<Merchants, 'find'>
  /** Whose payments these are. */
  readonly merchant: Id
  changed(): void
}

export function createChargebacks({ clock, store, merchants, merchant, changed }: ChargebackPorts): Chargebacks {
  async function act(id: Id, payment: Id, decide: (desk: Desk, known: Chargeback | undefined, payment: Payment) => Outcome<Chargeback, ChargebackCode>) {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const [row] = await store.get('payments', [payment])
      if (row === undefined) return fail('payment.unknown')
      const [card] = await store.get('cards', [payment])
      const accounts = card === undefined ? [] : [acquirerAccount(caseOf(card).acquirer)]
      const shop = { merchant, currency: row.currency, terms: merchants.find(merchant)?.terms }
      const desk = await Desk.open(
        store,
        { payments: [payment], points: [payment], goodsPaidBy: [payment], documents: [chargebackDocument(id), labelDocument(payment)], accounts },
        shop,
        clock.now(),
      )
      const [found, document] = [desk.payment(payment), desk.document(chargebackDocument(id))]
      invariant(found !== undefined, 'payments are never removed')
      const decided = decide(desk, document && readChargeback(document), found)
      if (!decided.ok) return decided
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return decided
    }
    invariant(false, 'what a person does commits in the end')
  }

  async function find(id: Id): Promise<Chargeback | undefined> {
    const [row] = await store.get('documents', [chargebackDocument(id)])
    return row && readChargeback(row)
  }

  return {
    find,
    list: async ({ after, limit }) =>
      (await store.documents({ prefix: 'chargeback/', after: after && chargebackDocument(after), limit, newestFirst: true })).map(readChargeback),
    open: (said, by) =>
      act(said.id, said.payment, (desk, known, payment) => {
        if (known !== undefined) return isSame(known, said) ? ok(known) : fail('entry.conflict', 'another chargeback has this id')
        // A sale's points go back with its money, whichever way that goes.
        let taken: Outcome<Chargeback, ChargebackCode> = fail('chargeback.not_possible')
        withPoints(desk, [payment.id], () => (taken = take(desk, merchant, payment, said, by)))
        return taken
      }),
    async step(id, event, by, note) {
      const existing = await find(id)
      if (existing === undefined) return fail('chargeback.unknown')
      return await act(id, existing.payment, (desk, known) => {
        invariant(known !== undefined, 'chargebacks are never removed')
        if (known.steps.some((step) => step.event === event && step.note === note)) return ok(known)
        const state = nextChargebackState(known, event, desk.now)
        if (!state.ok) return state
        if (state.value === 'won') {
          giveBackToMerchant(desk, known)
          const { payment } = known
          if (desk.payment(payment)?.riskSeq !== undefined && isFraudReason(known.reason)) sayLabel(desk, { payment, isFraud: false, from: 'chargeback', by })
        }
        const after: Chargeback = { ...known, state: state.value, steps: [...known.steps, { event, by, at: desk.now, note }] }
        desk.saveDocument(chargebackRow(after, desk.document(chargebackDocument(id))?.version ?? 0))
        return ok(after)
      })
    },
  }
}

const isSame = (known: Chargeback, said: NewChargeback): boolean =>
  known.payment === said.payment && known.amountMinor === said.amountMinor && known.reference === said.reference

/** Only what an acquirer has paid can it take back, and no more than is left of it. */
function take(desk: Desk, merchant: Id, payment: Payment, said: NewChargeback, by: string): Outcome<Chargeback, ChargebackCode> {
  const { id, currency } = payment
  const card = desk.card(id)
  if (!isAcquired(payment) || card === undefined || payment.funds !== 'posted') return fail('chargeback.not_possible', payment.funds)
  if (said.amountMinor > keptMinor(payment)) return fail('chargeback.exceeds', `${said.amountMinor} of ${keptMinor(payment)}`)
  const after = stepPayment(payment, { event: 'hub.refunded', amountMinor: said.amountMinor })
  if (!after.ok) return fail('chargeback.not_possible', payment.state)
  const accounts = { debit: merchantAccount(merchant, currency), credit: acquirerAccount(card.acquirer) }
  const taken = desk.apply({ kind: 'single', id: `${said.id}/chargeback`, payment: id, ...accounts, amount: BigInt(said.amountMinor) })
  invariant(taken.ok, 'an acquirer can always take back what it paid')
  desk.save({ ...payment, ...after.value })
  desk.record({ payment: id, at: desk.now, event: 'hub.refunded', detail: `${said.amountMinor} charged back, ${said.reason}, by ${by}` })
  const chargeback: Chargeback = { ...said, merchant, currency, openedAt: desk.now, state: 'open', steps: [] }
  desk.saveDocument(chargebackRow(chargeback, 0))
  if (payment.riskSeq !== undefined && isFraudReason(said.reason)) sayLabel(desk, { payment: id, isFraud: true, from: 'chargeback', by })
  return ok(chargeback)
}

function giveBackToMerchant(desk: Desk, { id, payment, merchant, currency, amountMinor }: Chargeback): void {
  const card = desk.card(payment)
  invariant(card !== undefined, 'what was charged back was paid by an acquirer')
  const accounts = { debit: acquirerAccount(card.acquirer), credit: merchantAccount(merchant, currency) }
  const given = desk.apply({ kind: 'single', id: `${id}/represented`, payment, ...accounts, amount: BigInt(amountMinor) })
  invariant(given.ok, 'a chargeback is won once')
}
