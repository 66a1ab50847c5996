import { postEnd, postHeld } from './escrow-postings.ts'
import {
  escrowDocument,
  escrowRow,
  isOpen,
  readEscrow,
  stepEscrow,
  type Escrow,
  type EscrowAct,
  type EscrowCode,
  type EscrowRules,
  type Payee,
} from './escrow.ts'
import { Desk, type Shopkeeper } from '../intake/desk.ts'
import { pump, type Pump } from '../intake/pump.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { escrowAccount, merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import { positionDocument, readPosition, readWindow, windowDocument } from '../settlement/window.ts'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { HubEvent } from '../webhooks/event.ts'
import { eventRow } from '../webhooks/outbox.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'

/**
 * Money that waits for a delivery, and its postings: each step is one commit of the row and of what it moves, so whatever a phone says twice, or a hub that is
 * killed says again, moves nothing twice. Deadlines are in the rows, by the hub's clock: a hub that was down finds them due.
 */
export interface EscrowDesk {
  find(payment: string): Promise<Escrow | undefined>
  /** By payment, the newest first, behind `after`. */
  list(range: {
    readonly merchant?: string | undefined
    readonly open?: boolean | undefined
    readonly after?: Id | undefined
    readonly limit: number
  }): Promise<readonly Escrow[]>
  /** Of one wallet, as far as these payments go. */
  ofPayments(payments: readonly Id[]): Promise<readonly Escrow[]>
  /** The same terms again change nothing. */
  open(payment: string, terms: EscrowTerms, by: string): Promise<Outcome<Escrow, EscrowsCode>>
  /** `wallet`: who asks has proved that it is his, and somebody else's escrow is not there. */
  act(payment: string, act: Exclude<EscrowAct, { event: 'deadline' }>, wallet?: string): Promise<Outcome<Escrow, EscrowsCode>>
}
export interface Escrows extends EscrowDesk, Pump {
  /** The same over another store, such as one that keeps a commit back. */
  over(store: HubStore): EscrowDesk
}
export type EscrowTerms = {
  readonly amountMinor: Minor
  readonly about: string
  /** From now until its deadline. */
  readonly forMs: DurationMs
  readonly atDeadline: Escrow['atDeadline']
  readonly forfeitMinor?: Minor | undefined
  /** Who names others than the merchant moves its money to them: only people with the right to do so may. */
  readonly payees?: readonly Payee[] | undefined
}
export type EscrowsCode =
  | EscrowCode
  | 'escrow.unknown'
  | 'escrow.not_possible'
  | 'payment.unknown'
  | 'merchant.unknown'
  | 'hub.unknown_wallet'
  | 'till.disk_full'

export type EscrowPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly timers: Timers
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly store: HubStore
  readonly shop: Shopkeeper
  changed(): void
  warn(line: string): void
}

const PAGE = 200
const FULL_DISK_PAUSE = 5 * SECOND
export const LONGEST_ESCROW = 180 * DAY
const FIRST_RULES: EscrowRules = { secondPersonAboveMinor: 100_00, evidenceForMs: 7 * DAY }
const TO_MERCHANT: readonly Payee[] = [{ parts: 1 }]

function createDesk(ports: EscrowPorts): EscrowDesk & { step(payment: string, act: EscrowAct, wallet?: string): Promise<Outcome<Escrow, EscrowsCode>> } {
  const { clock, store, shop, changed } = ports

  async function find(payment: string): Promise<Escrow | undefined> {
    const [row] = isId(payment) ? await store.get('documents', [escrowDocument(payment)]) : []
    return row && readEscrow(row)
  }

  /** The settlement window that counts the payment. Postings never change. */
  async function windowOf(payment: Id): Promise<number | undefined> {
    const { post, pay } = transferIds(payment)
    return (await store.get('transfers', [post, pay]))[0]?.window
  }

  function rules(): EscrowRules {
    const set = shop.terms?.escrow
    return set === undefined ? FIRST_RULES : { secondPersonAboveMinor: set.secondPersonAboveMinor, evidenceForMs: set.evidenceDays * DAY }
  }

  /** Loads everything that it may touch, decides and commits, again where somebody else was faster. Who decides that nothing changes commits nothing. */
  async function commit(
    payment: Id,
    payees: readonly Payee[],
    decide: (desk: Desk, payment: Payment, known: Escrow | undefined) => Outcome<Escrow, EscrowsCode>,
  ): Promise<Outcome<Escrow, EscrowsCode>> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const needs = {
        payments: [payment],
        points: [payment],
        goodsPaidBy: [payment],
        documents: [escrowDocument(payment)],
        accounts: [escrowAccount(payment)],
        wallets: payees.flatMap(({ wallet }) => wallet ?? []),
      }
      // A hub that has not read its merchants yet could not say in which window it counts.
      if (shop.terms === undefined) return fail('merchant.unknown')
      const desk = await Desk.open(store, needs, shop, clock.now())
      const [found, row] = [desk.payment(payment), desk.document(escrowDocument(payment))]
      if (found === undefined) return fail('payment.unknown')
      const known = row && readEscrow(row)
      const decided = decide(desk, found, known)
      if (!decided.ok) return decided
      const after = escrowRow(decided.value, row?.version ?? 0)
      if (after.body === row?.body) return decided
      desk.saveDocument(after)
      const event = eventOf(decided.value)
      if (event !== undefined) desk.saveDocument(eventRow(ports, event))
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') continue
      changed()
      return decided
    }
    return fail('escrow.changed', 'others change the same rows without end')
  }

  async function step(payment: string, act: EscrowAct, wallet?: string): Promise<Outcome<Escrow, EscrowsCode>> {
    const known = await find(payment)
    if (known === undefined || (wallet !== undefined && known.wallet !== wallet)) return fail('escrow.unknown')
    return await commit(known.payment, known.payees, (desk, paid, escrow) => {
      invariant(escrow !== undefined, 'escrows are never removed')
      const stepped = stepEscrow(escrow, act, rules(), desk.now)
      if (!stepped.ok) return stepped
      const { refundMinor, escrow: after } = stepped.value
      return ok(refundMinor === undefined ? after : postEnd(desk, ports, after, paid, refundMinor))
    })
  }

  return {
    find,
    step,
    async list({ merchant, open, after, limit }) {
      const found: Escrow[] = []
      for await (const row of everyDocument(store, 'escrow/', { after: after && escrowDocument(after), newestFirst: true, page: PAGE })) {
        if (found.length === limit) break
        const escrow = readEscrow(row)
        if ((open ?? isOpen(escrow)) === isOpen(escrow) && (merchant ?? escrow.merchant) === escrow.merchant) found.push(escrow)
      }
      return found
    },
    ofPayments: async (payments) => (await store.get('documents', payments.map(escrowDocument))).map(readEscrow),
    async open(payment, terms, by) {
      if (!isId(payment)) return fail('payment.unknown')
      const payees = terms.payees ?? TO_MERCHANT
      const window = await windowOf(payment)
      return await commit(payment, payees, (desk, paid, known) => {
        const wanted = newEscrow(shop, paid, { ...terms, payees }, by, desk.now)
        if (!wanted.ok) return known === undefined ? wanted : fail('escrow.wrong_state', 'its money is held, or was')
        if (known !== undefined) return isSame(known, wanted.value) ? ok(known) : fail('escrow.wrong_state', 'its money is held, or was, on other terms')
        if (payees.some(({ wallet }) => wallet !== undefined && !isPayable(desk, wallet, paid.currency))) return fail('hub.unknown_wallet')
        const possible = mayHold(desk, shop, paid, terms, window)
        if (!possible.ok) return possible
        postHeld(desk, wanted.value)
        return wanted
      })
    },
    act: step,
  }
}

export function createEscrows(ports: EscrowPorts): Escrows {
  const { clock, timers, store, warn } = ports
  const { step, ...desk } = createDesk(ports)

  /** Those whose deadline has come. What others change just then is still due, or is not any more. */
  async function turn(): Promise<boolean> {
    const due = await store.documentsDue('escrow/', clock.now(), PAGE)
    for (const row of due) {
      const ended = await step(readEscrow(row).payment, { event: 'deadline', by: 'hub' })
      if (ended.ok || ended.code !== 'till.disk_full') continue
      warn('the disk is full: what is held until its deadline waits')
      timers.after(FULL_DISK_PAUSE, work.wake)
      return false
    }
    return due.length === PAGE
  }
  const work = pump(turn)
  return { ...desk, ...work, over: (other) => createDesk({ ...ports, store: other, changed: () => undefined }) }
}

function newEscrow(
  { merchant }: Pick<Shopkeeper, 'merchant'>,
  { id, wallet, currency, profile }: Payment,
  { amountMinor, about, forMs, atDeadline, forfeitMinor = 0, payees = TO_MERCHANT }: EscrowTerms,
  by: string,
  now: EpochMs,
): Outcome<Escrow, EscrowsCode> {
  const isWallet = profile === 'show' || profile === 'bound' || profile === 'merchant_qr'
  if (wallet === undefined || !isWallet) return fail('escrow.not_possible', 'no wallet of this hub has paid it')
  const steps = [{ event: 'opened' as const, by, at: now }]
  const terms = { amountMinor, about, deadline: now + forMs, atDeadline, ...(forfeitMinor > 0 && { forfeitMinor }), payees }
  return ok({ payment: id, merchant, wallet, currency, ...terms, state: 'held', steps })
}

const termsOf = ({ amountMinor, about, deadline, atDeadline, forfeitMinor, payees, steps }: Escrow): string =>
  JSON.stringify([amountMinor, about, deadline - (steps[0]?.at ?? 0), atDeadline, payees, ...(forfeitMinor === undefined ? [] : [forfeitMinor])])
const isSame = (known: Escrow, wanted: Escrow): boolean => termsOf(known) === termsOf(wanted)

/**
 * What was given back, or may have been paid out to the merchant's bank, cannot be held: nobody gets the hub to promise money that it has not got. A sale of gift
 * cards has given away what it was paid for. `soldIn`: number of the settlement window that counts the payment.
 */
function mayHold(
  desk: Desk,
  { merchant }: Pick<Shopkeeper, 'merchant'>,
  payment: Payment,
  { amountMinor, forMs, forfeitMinor = 0 }: EscrowTerms,
  soldIn: number | undefined,
): Outcome<void, EscrowsCode> {
  const { state, funds, currency, till, saleId } = payment
  if (funds !== 'posted' || (state !== 'CAPTURED' && state !== 'RECOVERED')) return fail('escrow.not_possible', `its money is ${funds}`)
  if (amountMinor < 1 || amountMinor > keptMinor(payment)) return fail('escrow.exceeds', `${amountMinor} of ${keptMinor(payment)}`)
  if (forfeitMinor > amountMinor) return fail('escrow.exceeds', `${forfeitMinor} of ${amountMinor}`)
  if (forMs <= 0 || forMs > LONGEST_ESCROW) return fail('escrow.too_late', 'the deadline is over, or too far away')
  if (desk.soldGoods(till, saleId)?.sale.lines.some(({ creditId }) => creditId !== undefined) === true)
    return fail('escrow.not_possible', 'gift cards were sold for it')
  const account = desk.account(merchantAccount(merchant, currency))
  const isThere = account !== undefined && balanceOf(account) >= BigInt(amountMinor)
  return isThere || (soldIn !== undefined && soldIn === openWindow(desk, merchant, currency))
    ? ok(undefined)
    : fail('escrow.not_possible', 'the merchant has been paid out already')
}

/** What the merchant's programs are told: in the commit that it tells of. */
function eventOf({ payment, merchant, state, amountMinor, currency, steps, ended }: Escrow): HubEvent | undefined {
  const said = steps.at(-1)?.event
  const type = ended !== undefined ? 'escrow.ended' : said === 'opened' ? 'escrow.held' : said === 'dispute' ? 'escrow.disputed' : undefined
  const refunded = ended === undefined ? {} : { refundedMinor: ended.refundedMinor }
  return type && { type, merchant, subject: payment, data: { payment, state, amountMinor, currency, ...refunded } }
}

/** The number of the window that counts what is posted now, if there is one: what it counts is in no payout. */
function openWindow(desk: Desk, merchant: Id, currency: Currency): number | undefined {
  const position = desk.document(positionDocument(merchant, currency))
  const open = position === undefined ? undefined : readPosition(position).open
  const row = open === undefined ? undefined : desk.document(windowDocument(open))
  const window = row && readWindow(row)
  return window?.state === 'open' && desk.now < window.endsAt ? window.number : undefined
}

/** Money that is held is not exchanged: it goes to wallets in its own currency. */
const isPayable = (desk: Desk, wallet: string, currency: Currency): boolean =>
  desk.knowsWallet(wallet) && desk.account(walletAccount(wallet))?.currency === currency
