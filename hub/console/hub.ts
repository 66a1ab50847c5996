import type { TillFile } from '#protocol/hub-api/tills.ts'
import type { CatalogueChange, CataloguePreview, CatalogueState, ProductEdited, ProductsFound, ProductText } from '#protocol/hub-api/catalogue.ts'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import type { CreditsState, ToldCredit } from '#protocol/hub-api/credits.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Erased, SendingsState } from '#protocol/hub-api/receipts.ts'
import type { BankLine, BankState } from '#protocol/hub-api/bank.ts'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import type { ProgramView, ToldKey, ToldProgram, WebhookView } from '#protocol/hub-api/programs.ts'
import type { MerchantDetail, MerchantsState } from '#protocol/hub-api/merchants.ts'
import type { EscrowState, NewEscrow } from '#protocol/hub-api/escrow.ts'
import type { RatesView } from '#protocol/hub-api/exchange.ts'
import type { FleetState, TillPast } from '#protocol/hub-api/fleet.ts'
import type { SettlementState, WindowDetail } from '#protocol/hub-api/settlement.ts'
import type { LooseReturns, NewPerson, StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import type { AttentionView, PlacesView, PostingsView } from '#protocol/hub-api/watch.ts'
import type { LoneCurveAnswer, PolicyPreview, PolicyRulesView, PolicyState } from '#protocol/hub-api/policy.ts'
import type { Role } from '#protocol/staff/roles.ts'
import type { NewTill, Overview, PaymentDetail, PaymentsPage } from '#protocol/hub-api/overview.ts'
import { isErrorCode, type ErrorText } from '#protocol/errors.ts'
import { errors } from './failures.ts'
import type { OverviewSource } from './feed.ts'

/** What came of a request: a value, or what to tell (undefined when the hub gave no reason that is known here). */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly status?: number
      readonly told?: ErrorText
      /** For who knows the request: what exactly was wrong with it. */ readonly detail?: string
    }

export async function ask<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, init)
    const body: unknown = await response.json()
    if (response.ok) return { ok: true, value: body as T }
    const told = toldBy(body)
    const detail = detailIn(body)
    return { ok: false, status: response.status, ...(told && { told }), ...(detail !== undefined && { detail }) }
  } catch {
    return { ok: false }
  }
}

const detailIn = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string' ? body.detail : undefined

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
/** Takes a second or two: the hub learns for it. */
export const fetchLoneCurve = (): Promise<Answer<LoneCurveAnswer>> => ask('/api/policy/curve')
export const previewPolicy = (rules: PolicyRulesView): Promise<Answer<PolicyPreview>> => post('/api/policy/preview', rules)

export const signPolicy = (rules: PolicyRulesView): Promise<Answer<PolicyState>> => post('/api/policy/sign', rules)

export const denyName = (name: DeniedName, reason: string): Promise<Answer<PolicyState>> => post('/api/denied', { names: [name], reason })

export const allowName = (name: DeniedName, reason: string): Promise<Answer<PolicyState>> => post('/api/denied/allow', { name, reason })

export const fetchCredits = (): Promise<Answer<CreditsState>> => ask('/api/credits')

/** A gift card that the shop makes. The same id again answers with the same card. */
export const issueCredit = (creditId: Id, amountMinor: Minor): Promise<Answer<ToldCredit>> => post('/api/credits', { creditId, amountMinor })

/** Credit that a till issued is worth something after all. */
export const releaseCredit = (id: Id): Promise<Answer<CreditsState>> => post(`/api/credits/${encodeURIComponent(id)}/release`, {})

export const fetchPrograms = (): Promise<Answer<readonly ProgramView[]>> => ask('/api/clients')
/** What a program may be allowed to do, each by name. */
export const fetchScopes = (): Promise<Answer<readonly string[]>> => ask('/api/scopes')
export const addProgram = (said: {
  readonly name: string
  readonly merchant: string
  readonly sandbox: boolean
  readonly scopes: readonly string[]
}): Promise<Answer<ToldProgram>> => post('/api/clients', said)
export const revokeProgram = (id: Id): Promise<Answer<null>> => post(`/api/clients/${encodeURIComponent(id)}/revoke`, {})
export const makeKey = (id: Id): Promise<Answer<ToldKey>> => post(`/api/clients/${encodeURIComponent(id)}/keys`, {})
export const revokeKey = (id: Id, key: Id): Promise<Answer<null>> => post(`/api/clients/${encodeURIComponent(id)}/revoke-key`, { key })
export const fetchWebhooks = (): Promise<Answer<readonly WebhookView[]>> => ask('/api/webhooks')
/** `replay`: also what was missed. */
export const enableWebhook = (id: Id, said: { readonly merchant: string; readonly replay: boolean }): Promise<Answer<readonly WebhookView[]>> =>
  post(`/api/webhooks/${encodeURIComponent(id)}/enable`, said)

export const fetchMerchants = (): Promise<Answer<MerchantsState>> => ask('/api/merchants')
export const fetchMerchant = (id: string): Promise<Answer<MerchantDetail>> => ask(`/api/merchants/${encodeURIComponent(id)}`)
export const changeMerchant = (said: Readonly<Record<string, unknown>>): Promise<Answer<MerchantDetail>> => post('/api/merchants', said)
export const decideOnMerchant = (
  id: string,
  what: 'agree' | 'withdraw',
  said: { readonly number: number; readonly by?: string },
): Promise<Answer<MerchantDetail>> => post(`/api/merchants/${encodeURIComponent(id)}/${what}`, said)

/** Ends a window before its time. `by`: where nobody signs in. */
export const closeWindow = (id: string, said: { readonly by?: string }): Promise<Answer<SettlementState>> =>
  post(`/api/windows/${encodeURIComponent(id)}/close`, said)
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

export const fetchRates = (): Promise<Answer<RatesView>> => ask('/api/rates')
/** The table of that time is right. `by`: where nobody signs in. */
export const confirmRates = (said: { readonly at: number; readonly by?: string }): Promise<Answer<RatesView>> => post('/api/rates/confirm', said)

export const fetchEscrows = (): Promise<Answer<EscrowState>> => ask('/api/escrows')
export const openEscrow = (wanted: NewEscrow): Promise<Answer<EscrowState>> => post('/api/escrows', wanted)
export type EscrowDeed = 'decide' | 'agree' | 'refuse' | 'evidence'
/** `by`: where nobody signs in. */
export const actOnEscrow = (payment: Id, what: EscrowDeed, said: Readonly<Record<string, unknown>>): Promise<Answer<EscrowState>> =>
  post(`/api/escrows/${encodeURIComponent(payment)}/${what}`, said)

export const fetchFleet = (): Promise<Answer<FleetState>> => ask('/api/fleet')
export const fetchTillPast = (id: Id): Promise<Answer<TillPast>> => ask(`/api/fleet/${encodeURIComponent(id)}`)
export type NeedDeed = 'take' | 'leave' | 'note' | 'done'
/** `by`: where nobody signs in. */
export const actOnNeed = (need: string, what: NeedDeed, said: Readonly<Record<string, unknown>>): Promise<Answer<FleetState>> =>
  post(`/api/needs/${encodeURIComponent(need.replace('/', '~'))}/${what}`, said)
export type RolloutDeed = 'widen' | 'halt' | 'go-on' | 'roll-back'
export const actOnRollout = (what: RolloutDeed, said: Readonly<Record<string, unknown>>): Promise<Answer<FleetState>> => post(`/api/rollout/${what}`, said)

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

export const fetchCatalogueChanges = (): Promise<Answer<readonly CatalogueChange[]>> => ask('/api/catalogue/changes')
export const findProducts = (query: string): Promise<Answer<ProductsFound>> => ask(`/api/catalogue/products?q=${encodeURIComponent(query)}`)
/** `before`: as the person saw it; undefined for a new one. */
export const editProduct = (product: ProductText, before: ProductText | undefined): Promise<Answer<ProductEdited>> =>
  post('/api/catalogue/products', { product, ...(before !== undefined && { before }) })
export const removeProduct = (before: ProductText): Promise<Answer<ProductEdited>> =>
  post(`/api/catalogue/products/${encodeURIComponent(before.gtin)}/remove`, { before })

/** What the file would change. */
export const previewCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue', file)

/** Changes it, unless a row is bad. */
export const applyCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue/apply', file)

/** Asks once more for the money of a payment at risk. */
export const retryPayment = (id: string): Promise<Answer<PaymentDetail>> => post(`/api/payments/${encodeURIComponent(id)}/retry`, {})

export const fetchTill = (id: string): Promise<Answer<TillFile>> => ask(`/api/tills/${encodeURIComponent(id)}`)
/** From now on nothing is taken from this till. */
export const revokeTill = (id: string, why: string): Promise<Answer<null>> => post(`/api/tills/${encodeURIComponent(id)}/revoke`, why === '' ? {} : { why })
/** The till makes another key now, and signs with it as soon as nobody is served. */
export const rekeyTill = (id: string, why: string): Promise<Answer<null>> => post(`/api/tills/${encodeURIComponent(id)}/rekey`, { why })
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
