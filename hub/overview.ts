import type { Acquirer } from './acquirers/acquirer.ts'
import { refusedRefund } from './intake/cards.ts'
import { howRefunded } from './intake/refunds.ts'
import { isAcquired } from './intake/schemes.ts'
import { caseOf } from './acquirers/card-case.ts'
import { balanceOf, pendingOf, type Account } from './ledger/ledger.ts'
import { refundTransfer, transferIds } from './ledger/names.ts'
import type { LinkState } from './link/hub-link.ts'
import type { Shop } from './shop.ts'
import type { Head, HubStore, Payment, StoredEntry, Till } from './store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import { isErrorCode } from '#protocol/errors.ts'
import type {
  AccountView,
  AcquirerView,
  AtRiskView,
  EntryView,
  ExceptionView,
  HubStepView,
  Overview,
  PaymentDetail,
  PaymentsPage,
  PaymentView,
  PostingView,
  RefundView,
  TillView,
} from '#protocol/hub-api/overview.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { decodeEntry } from '#protocol/journal/entry.ts'
import { innermost, tell } from '#protocol/journal/tell.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import type { Currency } from '#protocol/money.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

export type OverviewPorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly shop: Shop
  readonly version: string
  readonly startedAt: EpochMs
  safeOf(head: Head | undefined): Promise<number>
  linkOf(till: Id): LinkState | undefined
  readonly acquirer?: Pick<Acquirer, 'id' | 'state'> | undefined
  readonly alipay?: Pick<Acquirer, 'id' | 'state'> | undefined
  readonly asksRisk?: boolean
}

/** What the console shows, read from the store; nothing here is kept but running sums. */
export interface HubViews {
  overview(): Promise<Overview>
  payment(id: string): Promise<PaymentDetail | undefined>
  /** Newest first, beginning before this place. */
  payments(before: number | undefined): Promise<PaymentsPage>
}

const MAX_PAYMENTS = 100
const MAX_EXCEPTIONS = 100
const MAX_AT_RISK = 100
const MAX_ACCOUNTS = 100
const MAX_REVERSALS = 20
/** Of one payment's history. */
export const MAX_ENTRIES = 1000
const WALLET_CHARS = 8

export function createOverview(ports: OverviewPorts): HubViews {
  const { store, clock, shop } = ports
  const sums = runningSums(store)

  return {
    async overview() {
      const [standing, tills] = [await store.standing(), await store.tills()]
      const heads = new Map(
        (
          await store.get(
            'heads',
            tills.map(({ id }) => id),
          )
        ).map((head) => [head.id, head]),
      )
      const names = new Map(tills.map(({ id, name }) => [id, name]))
      const { money, settled, held, exceptions } = await sums()
      const atRisk = await store.atRisk(MAX_AT_RISK)
      return {
        at: clock.now(),
        hub: { epoch: standing.hubEpoch, version: ports.version, startedAt: ports.startedAt },
        money: { ...money, accounts: (await store.accounts(MAX_ACCOUNTS)).map(accountView) },
        counts: { settled, held, exceptions, unsettledEntries: standing.lastSeq - standing.settledSeq, atRisk: atRisk.count },
        tills: await Promise.all(tills.map((till) => tillView(ports, till, heads.get(till.id)))),
        payments: await paymentViews(await store.newestPayments(MAX_PAYMENTS), names),
        exceptions: (await store.newestExceptions(MAX_EXCEPTIONS)).map(({ detail, paymentId, till, ...rest }): ExceptionView => ({
          ...rest,
          till: names.get(till) ?? till,
          ...(detail === undefined ? {} : { detail }),
          ...(paymentId === undefined ? {} : { paymentId }),
        })),
        atRisk: atRisk.payments.map((payment) => atRiskView(payment, names)),
        ...(ports.acquirer === undefined ? {} : { acquirer: await acquirerView(store, ports.acquirer) }),
        ...(ports.asksRisk === true && { asksRisk: true }),
        ...(ports.alipay === undefined ? {} : { alipay: await acquirerView(store, ports.alipay) }),
      }
    },

    async payments(before) {
      const names = new Map((await store.tills()).map(({ id, name }) => [id, name]))
      const rows = await store.paymentsBefore(before ?? Number.MAX_SAFE_INTEGER, MAX_PAYMENTS)
      const last = rows.length < MAX_PAYMENTS ? undefined : rows.at(-1)?.seq
      return { payments: await paymentViews(rows, names), ...(last !== undefined && { next: last }) }
    },

    async payment(id) {
      const [payment] = isId(id) ? await store.get('payments', [id]) : []
      if (payment === undefined) return undefined
      const names = new Map((await store.tills()).map((till) => [till.id, till.name]))
      const entries = await store.entriesOf(payment.id, MAX_ENTRIES)
      const refunds = await store.refundsOf(payment.id)
      const steps = await store.stepsOf(payment.id)
      const [card] = await store.get('cards', [payment.id])
      const refused = card === undefined ? undefined : refusedRefund(caseOf(card))
      const transfers = await store.get('transfers', [...Object.values(transferIds(payment.id)), ...refunds.map((refund) => refundTransfer(refund.id))])
      return {
        payment: (await paymentViews([payment], names))[0] ?? paymentView(payment, names, undefined),
        entries: entries.map(entryView),
        postings: transfers
          .map(({ id: posting, kind, debit, credit, amount, currency, at }): PostingView => ({
            id: posting,
            kind,
            debit,
            credit,
            amountMinor: String(amount),
            currency,
            at,
          }))
          .toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id)),
        refunds: refunds.map((refund): RefundView => {
          const { id: refundId, amountMinor, currency, verdict, at } = refund
          const how = howRefunded(refund, payment)
          return { id: refundId, till: names.get(refund.till) ?? refund.till, how, amountMinor, currency, verdict, at }
        }),
        steps: steps.map(({ at, event, detail }): HubStepView => ({ at, event, ...(detail === undefined ? {} : { detail }) })),
        ...(refused === undefined ? {} : { refusedRefund: refused }),
      }
    },
  }

  async function paymentViews(payments: readonly Payment[], names: ReadonlyMap<Id, string>): Promise<PaymentView[]> {
    const byCard = payments.filter(isAcquired).map(({ id }) => id)
    const cards = new Map((await store.get('cards', byCard)).map((row) => [row.id, caseOf(row).maskedPan]))
    return payments.map((payment) => paymentView(payment, names, cards.get(payment.id)))
  }

  function paymentView(payment: Payment, names: ReadonlyMap<Id, string>, card: string | undefined): PaymentView {
    const { id, till, amountMinor, currency, wallet, profile, state, decidedBy, funds, exception, receiptNumber, refundedMinor, at, settledAt, risk } = payment
    return {
      id,
      till: names.get(till) ?? till,
      amountMinor,
      currency,
      state,
      at,
      settled: funds === 'posted',
      refundedMinor,
      ...(card === undefined ? {} : { wallet: card }),
      ...(wallet === undefined ? {} : { wallet: wallet.slice(0, WALLET_CHARS) }),
      ...(profile === undefined ? {} : { profile }),
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(exception === undefined ? {} : { exception }),
      ...(receiptNumber === undefined ? {} : { receiptNumber }),
      ...(settledAt === undefined ? {} : { settledAt }),
      ...(risk === undefined ? {} : { risk }),
    }
  }

  async function tillView({ safeOf, linkOf }: OverviewPorts, { id, name, revokedAt }: Till, head: Head | undefined): Promise<TillView> {
    const link: { readonly state: TillView['link']; readonly since: EpochMs } | undefined =
      revokedAt === undefined ? linkOf(id) : { state: 'revoked', since: revokedAt }
    return {
      id,
      name,
      store: shop.store.name,
      link: link?.state ?? 'never seen',
      epoch: head?.epoch ?? 0,
      received: head?.n ?? 0,
      safe: await safeOf(head),
      ...(link === undefined ? {} : { since: link.since }),
      ...(head === undefined ? {} : { lastEntryAt: head.receivedAt }),
    }
  }
}

function entryView(stored: StoredEntry): EntryView {
  const { till, epoch, n, hash, receivedAt, bytes } = stored
  const place = { till, epoch, n, receivedAt, hash: hex(hash), raw: new TextDecoder().decode(bytes) }
  const read = decodeEntry(bytes, stored)
  const entry = read.ok ? innermost(read.value) : undefined
  if (entry === undefined) return { ...place, at: receivedAt, kind: 'entry.malformed', code: 'entry.malformed' }
  const { detail, code } = tell(entry)
  return { ...place, at: entry.at, kind: entry.kind, ...(detail === '' ? {} : { detail }), ...(code !== undefined && isErrorCode(code) ? { code } : {}) }
}

async function acquirerView(store: HubStore, { id, state }: Pick<Acquirer, 'id' | 'state'>): Promise<AcquirerView> {
  const { count, cards } = await store.reversals(MAX_REVERSALS)
  const mine = cards.map(caseOf).filter(({ acquirer }) => acquirer === id)
  const reversals = mine.map(({ id: payment, maskedPan, open, currency, reversingSince, tries }) => ({
    payment,
    card: maskedPan,
    amountMinor: open?.amountMinor ?? 0,
    currency,
    since: reversingSince ?? state.since,
    tries,
  }))
  // Of more than are listed nobody has counted whose they are.
  return { id, ...state, waiting: count > cards.length ? count : mine.length, reversals }
}

function atRiskView(payment: Payment, names: ReadonlyMap<Id, string>): AtRiskView {
  const { id, till, state, currency, exception, unpaidSince, attempts, nextAttemptAt, at } = payment
  return {
    id,
    till: names.get(till) ?? till,
    state: state === 'RETRY' ? 'RETRY' : 'RECOVERY',
    claimMinor: keptMinor(payment),
    currency,
    code: exception ?? 'payment.late_decline',
    since: unpaidSince ?? at,
    attempts,
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
  }
}

const accountView = (account: Account): AccountView => {
  const { id, label, currency, side } = account
  return { id, label, currency, side, posted: String(balanceOf(account)), pending: String(pendingOf(account)) }
}

/**
 * The trial balance. Every posting is added up once, in this process's own memory, and compared with what the accounts say: debits, credits
 * and postings must be one figure in each currency, and so must what is held on either side and in open holds.
 */
function runningSums(store: HubStore) {
  const postings = new Map<Currency, bigint>()
  let settled = 0
  let lastPosting = 0

  async function add() {
    const summary = await store.summary(lastPosting)
    lastPosting = summary.lastPosting
    for (const { currency, amount, payments } of summary.postings) {
      postings.set(currency, (postings.get(currency) ?? 0n) + amount)
      settled += payments
    }
    const holds = new Map(summary.holds.map(({ currency, amount }) => [currency, amount]))
    const balanced = summary.accounts.every(({ currency, debitsPosted, creditsPosted, debitsPending, creditsPending }) => {
      const posted = debitsPosted === creditsPosted && creditsPosted === (postings.get(currency) ?? 0n)
      return posted && debitsPending === creditsPending && creditsPending === (holds.get(currency) ?? 0n)
    })
    const totals = summary.accounts.map(({ currency, debitsPosted, creditsPosted }) => ({
      currency,
      debits: String(debitsPosted),
      credits: String(creditsPosted),
    }))
    const openHolds = summary.holds.map(({ currency, amount }) => ({ currency, minor: String(amount) }))
    return {
      money: { balanced, totals, held: openHolds },
      settled,
      held: summary.holds.reduce((sum, { count }) => sum + count, 0),
      exceptions: summary.exceptions,
    }
  }

  /** One at a time, or two readers would add the same postings twice; one that failed added nothing and keeps no later one from trying. */
  let last: ReturnType<typeof add> | undefined
  return () => (last = last === undefined ? add() : last.then(add, add))
}
