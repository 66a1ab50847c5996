import type { TillFile } from '#protocol/hub-api/tills.ts'
import type { CataloguePreview, CatalogueState } from '#protocol/hub-api/catalogue.ts'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import type { CreditsState, ToldCredit } from '#protocol/hub-api/credits.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Erased, SendingsState } from '#protocol/hub-api/receipts.ts'
import type { BankLine, BankState } from '#protocol/hub-api/bank.ts'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import type { EscrowState, NewEscrow } from '#protocol/hub-api/escrow.ts'
import type { SettlementState, WindowDetail } from '#protocol/hub-api/settlement.ts'
import type { LooseReturns, NewPerson, StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import type { AttentionView, PlacesView, PostingsView } from '#protocol/hub-api/watch.ts'
import type { PolicyPreview, PolicyRulesView, PolicyState } from '#protocol/hub-api/policy.ts'
import type { Role } from '#protocol/staff/roles.ts'
import type { NewTill, Overview, PaymentDetail, PaymentsPage } from '#protocol/hub-api/overview.ts'
import { isErrorCode, type ErrorText } from '#protocol/errors.ts'
import { errors } from './failures.ts'
import type { OverviewSource } from './feed.ts'

/** What came of a request: a value, or what to tell (undefined when the hub gave no reason that is known here). */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status?: number; readonly told?: ErrorText }

export async function ask<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, init)
    const body: unknown = await response.json()
    if (response.ok) return { ok: true, value: body as T }
    const told = toldBy(body)
    return { ok: false, status: response.status, ...(told && { told }) }
  } catch {
    return { ok: false }
  }
}

function toldBy(body: unknown): ErrorText | undefined {
  const code: unknown = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return typeof code === 'string' && isErrorCode(code) ? errors[code] : undefined
}

export const fetchPayment = (id: string): Promise<Answer<PaymentDetail>> => ask(`/api/payments/${encodeURIComponent(id)}`)

export const fetchPayments = (before: number | undefined): Promise<Answer<PaymentsPage>> =>
  ask(`/api/payments${before === undefined ? '' : `?before=${before}`}`)

export const addTill = (name: string): Promise<Answer<NewTill>> => post('/api/tills', { name })

export const post = <T>(path: string, body: object): Promise<Answer<T>> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const postCsv = (path: string, file: File): Promise<Answer<CataloguePreview>> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: file })

export const fetchSendings = (): Promise<Answer<SendingsState>> => ask('/api/sendings')
/** Of one request, and of every other to the same address. */
export const eraseSending = (id: Id): Promise<Answer<Erased>> => post(`/api/sendings/${encodeURIComponent(id)}/erase`, {})
export const eraseAddress = (address: string): Promise<Answer<Erased>> => post('/api/sendings/erase', { address })

export const fetchStaff = (): Promise<Answer<StaffState>> => ask('/api/staff')

export const fetchLooseReturns = (): Promise<Answer<LooseReturns>> => ask('/api/returns')

export const addPerson = (person: NewPerson): Promise<Answer<ToldPerson>> => post('/api/staff', person)

export const changePerson = (id: string, what: 'pin' | 'badge' | 'role' | 'retire', body: { readonly role?: Role }): Promise<Answer<ToldPerson>> =>
  post(`/api/staff/${encodeURIComponent(id)}/${what}`, body)

/** Of a new customer. Told once. */
export const makeCard = (): Promise<Answer<NewCard>> => post('/api/customers', {})

export const fetchPolicy = (): Promise<Answer<PolicyState>> => ask('/api/policy')

/** What these rules could cost and would have done. Nothing is signed. */
export const previewPolicy = (rules: PolicyRulesView): Promise<Answer<PolicyPreview>> => post('/api/policy/preview', rules)

export const signPolicy = (rules: PolicyRulesView): Promise<Answer<PolicyState>> => post('/api/policy/sign', rules)

export const denyName = (name: DeniedName, reason: string): Promise<Answer<PolicyState>> => post('/api/denied', { names: [name], reason })

export const allowName = (name: DeniedName, reason: string): Promise<Answer<PolicyState>> => post('/api/denied/allow', { name, reason })

export const fetchCredits = (): Promise<Answer<CreditsState>> => ask('/api/credits')

/** A gift card that the shop makes. The same id again answers with the same card. */
export const issueCredit = (creditId: Id, amountMinor: Minor): Promise<Answer<ToldCredit>> => post('/api/credits', { creditId, amountMinor })

/** Credit that a till issued is worth something after all. */
export const releaseCredit = (id: Id): Promise<Answer<CreditsState>> => post(`/api/credits/${encodeURIComponent(id)}/release`, {})

export const fetchSettlement = (): Promise<Answer<SettlementState>> => ask('/api/settlement')
export const fetchWindow = (id: string): Promise<Answer<WindowDetail>> => ask(`/api/windows/${encodeURIComponent(id)}`)
/** `by`: where nobody signs in. */
export const approvePayout = (id: Id, said: { readonly digest: string; readonly by?: string }): Promise<Answer<SettlementState>> =>
  post(`/api/payouts/${id}/approve`, said)
export const rejectPayout = (id: Id, said: { readonly reason: string; readonly by?: string }): Promise<Answer<SettlementState>> =>
  post(`/api/payouts/${id}/reject`, said)

export const fetchPlaces = (): Promise<Answer<PlacesView>> => ask('/api/places')
export const fetchAttention = (): Promise<Answer<AttentionView>> => ask('/api/attention')
export const fetchPostings = (asked: URLSearchParams): Promise<Answer<PostingsView>> => ask(`/api/postings?${asked.toString()}`)

export const fetchEscrows = (): Promise<Answer<EscrowState>> => ask('/api/escrows')
export const openEscrow = (wanted: NewEscrow): Promise<Answer<EscrowState>> => post('/api/escrows', wanted)
export type EscrowDeed = 'decide' | 'agree' | 'refuse' | 'evidence'
/** `by`: where nobody signs in. */
export const actOnEscrow = (payment: Id, what: EscrowDeed, said: Readonly<Record<string, unknown>>): Promise<Answer<EscrowState>> =>
  post(`/api/escrows/${encodeURIComponent(payment)}/${what}`, said)

export const fetchBank = (): Promise<Answer<BankState>> => ask('/api/bank')
export const fetchConservation = (): Promise<Answer<Conservation>> => ask('/api/conservation')
/** Lines of one statement, by the hub's count. */
export const fetchStatement = (currency: string, number: number): Promise<Answer<readonly BankLine[]>> => ask(`/api/bank/statements/${currency}-${number}`)
/** What a person does about the bank. `by`: where nobody signs in. */
export const actAtBank = (
  what: 'files' | 'explain' | 'agree' | 'refuse' | 'note' | 'close-incident',
  said: Readonly<Record<string, unknown>>,
): Promise<Answer<BankState>> => post(`/api/bank/${what}`, said)

export const fetchCatalogue = (): Promise<Answer<CatalogueState>> => ask('/api/catalogue')

/** What the file would change. */
export const previewCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue', file)

/** Changes it, unless a row is bad. */
export const applyCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue/apply', file)

/** Asks once more for the money of a payment at risk. */
export const retryPayment = (id: string): Promise<Answer<PaymentDetail>> => post(`/api/payments/${encodeURIComponent(id)}/retry`, {})

export const fetchTill = (id: string): Promise<Answer<TillFile>> => ask(`/api/tills/${encodeURIComponent(id)}`)
/** From now on nothing is taken from this till. */
export const revokeTill = (id: string, why: string): Promise<Answer<null>> => post(`/api/tills/${encodeURIComponent(id)}/revoke`, why === '' ? {} : { why })
/** A one-time code for the machine that takes a revoked till's place. */
export const renewTillCode = (id: string): Promise<Answer<NewTill>> => post(`/api/tills/${encodeURIComponent(id)}/code`, {})

/** Gives up the claim of a payment that nobody will pay. */
export const writeOffPayment = (id: string, reason: string): Promise<Answer<PaymentDetail>> =>
  post(`/api/payments/${encodeURIComponent(id)}/write-off`, { reason })

/** Asks the acquirer once more to give back what it has refused to. */
export const refundAgain = (id: string, reason: string): Promise<Answer<PaymentDetail>> =>
  post(`/api/payments/${encodeURIComponent(id)}/refund-again`, { reason })

export const overviewSource: OverviewSource = {
  async overview() {
    const answer = await ask<Overview>('/api/overview')
    if (!answer.ok) throw new Error('the hub gave no overview')
    return answer.value
  },
  events(on) {
    const source = new EventSource('/api/events')
    source.addEventListener('open', () => on.opened())
    source.addEventListener('message', ({ data }: MessageEvent<string>) => on.overview(JSON.parse(data) as Overview))
    // The browser would try again by itself, but not after every kind of failure: the feed does it instead.
    source.addEventListener('error', () => on.closed())
    return () => source.close()
  },
}
