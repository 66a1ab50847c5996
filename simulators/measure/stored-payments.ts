import type { Account, Transfer } from '../../hub/ledger/ledger.ts'
import { feesAccount, feeTaxAccount, merchantAccount, transferIds } from '../../hub/ledger/names.ts'
import type { MerchantVersion } from '../../hub/merchants/register.ts'
import { demoTerms } from '../../hub/merchants/terms.ts'
import { newPosition, noTotals, positionRow, WINDOW_COUNTER, windowId, windowRow, type SettlementWindow } from '../../hub/settlement/window.ts'
import type { HubStore, Payment } from '../../hub/store/hub-store.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'

/** A hub that has had customers: payments, their postings, and the windows that count them, as settling would have left them. Rows alone, since only their number matters. */
export type Stored = { readonly payments: number; readonly merchants: number; readonly now: EpochMs; readonly endsAt: EpochMs }

const CURRENCY = 'EUR'
const [AMOUNT, FEE, TAX] = [12_50, 7, 1] as const
const PAGE = 1000

let made = 0
/** Ids that sort by time as real ones do, and differ. */
function freshId(now: EpochMs): Id {
  made += 1
  const random = new Uint8Array(10)
  for (let at = 9, rest = made; rest > 0; at--, rest = Math.floor(rest / 256)) random[at] = rest % 256
  return makeId(now, random)
}

export async function storePayments(store: HubStore, { payments, merchants, now, endsAt }: Stored): Promise<void> {
  const bank: Account = { ...accountOf('stored-wallets', 'debit'), debitsPosted: BigInt(payments) * BigInt(AMOUNT) }
  const perMerchant = Math.floor(payments / merchants)
  invariant(perMerchant * merchants === payments, 'every merchant has as many payments')
  await commit(store, { accounts: [bank], counters: [{ id: WINDOW_COUNTER, version: 0, value: merchants }] })
  for (let number = 1; number <= merchants; number++) await storeMerchant(store, { number, perMerchant, now, endsAt })
}

type OfMerchant = { readonly number: number; readonly perMerchant: number; readonly now: EpochMs; readonly endsAt: EpochMs }

async function storeMerchant(store: HubStore, { number, perMerchant, now, endsAt }: OfMerchant): Promise<void> {
  const merchant = freshId(now)
  const [own, fees, taxes] = [merchantAccount(merchant, CURRENCY), feesAccount(merchant, CURRENCY), feeTaxAccount(merchant, CURRENCY)]
  const sum = (minor: number): bigint => BigInt(minor) * BigInt(perMerchant)
  const terms = demoTerms({ merchant: { id: merchant, name: `Merchant ${number}` }, store: { id: freshId(now), name: 'Store' } })
  const version: MerchantVersion = { number: 1, by: 'operator', at: now, accountBy: 'operator', terms }
  const id = windowId(merchant, CURRENCY, endsAt)
  const totals = { ...noTotals, sales: sum(AMOUNT), fees: -sum(FEE), feeTax: -sum(TAX) }
  const about = { id, number, merchant, currency: CURRENCY, startsAt: endsAt - DAY, endsAt, date: new Date(endsAt).toISOString().slice(0, 10) }
  const window: SettlementWindow = { ...about, state: 'open', postings: perMerchant, feePostings: 1, totals, closed: undefined }
  const accounts = [
    { ...accountOf(own, 'credit'), creditsPosted: sum(AMOUNT), debitsPosted: sum(FEE + TAX) },
    { ...accountOf(fees, 'credit'), creditsPosted: sum(FEE) },
    { ...accountOf(taxes, 'credit'), creditsPosted: sum(TAX) },
  ]
  const charges = [
    posting({ id: `${id}/1/fees`, debit: own, credit: fees, amount: sum(FEE), at: now, window: number }),
    posting({ id: `${id}/1/tax`, debit: own, credit: taxes, amount: sum(TAX), at: now, window: number }),
  ]
  const documents = [
    { id: `merchant/${merchant}`, version: 0, dueAt: undefined, body: JSON.stringify(version) },
    { id: `merchant-version/${merchant}/000001`, version: 0, dueAt: undefined, body: JSON.stringify(version) },
    windowRow(window, 0),
    positionRow({ ...newPosition(merchant, CURRENCY), open: id }, 0, undefined),
  ]
  const till = freshId(now)
  for (let first = 0; first < perMerchant; first += PAGE) {
    const rows = Array.from({ length: Math.min(PAGE, perMerchant - first) }, (_, at) => paymentOf(freshId(now), till, first + at + 1, now))
    const transfers = rows.map(({ id: payment }) => {
      const paid = posting({ id: transferIds(payment).pay, debit: 'stored-wallets', credit: own, amount: BigInt(AMOUNT), at: now, window: number })
      return { ...paid, payment, feeMinor: FEE, taxMinor: TAX }
    })
    await commit(store, first === 0 ? { accounts, documents, payments: rows, transfers: [...transfers, ...charges] } : { payments: rows, transfers })
  }
}

async function commit(store: HubStore, changes: Parameters<HubStore['commit']>[0]): Promise<void> {
  const committed = await store.commit(changes)
  invariant(committed === 'done', `rows are stored: ${committed}`)
}

const accountOf = (id: string, side: Account['side']): Account => ({
  id,
  version: 0,
  label: id,
  currency: CURRENCY,
  side,
  rule: 'none',
  debitsPosted: 0n,
  creditsPosted: 0n,
  debitsPending: 0n,
  creditsPending: 0n,
})

const posting = (said: Pick<Transfer, 'id' | 'debit' | 'credit' | 'amount' | 'at' | 'window'>): Transfer => ({
  version: 0,
  kind: 'single',
  currency: CURRENCY,
  status: undefined,
  expiresAt: undefined,
  pendingId: undefined,
  payment: undefined,
  ...said,
})

const paymentOf = (id: Id, till: Id, n: number, at: EpochMs): Payment => ({
  id,
  version: 0,
  till,
  epoch: 1,
  n,
  intended: '0'.repeat(64),
  at,
  content: '0'.repeat(64),
  saleId: id,
  amountMinor: AMOUNT,
  currency: CURRENCY,
  wallet: `stored-${n % 1000}`,
  profile: 'bound',
  state: 'CAPTURED',
  decidedBy: 'policy',
  verdict: 'held',
  decision: undefined,
  funds: 'posted',
  capturedMinor: AMOUNT,
  refundedMinor: 0,
  receiptNumber: `S-${id.slice(-12)}`,
  settledAt: at,
  exception: undefined,
  unpaidSince: undefined,
  attempts: 0,
  nextAttemptAt: undefined,
})
