import type { CataloguePreview, CatalogueState } from '#protocol/hub-api/catalogue.ts'
import type { NewTill, Overview, PaymentDetail } from '#protocol/hub-api/overview.ts'
import { errors, isErrorCode, type ErrorText } from '#protocol/errors.ts'
import type { OverviewSource } from './feed.ts'

/** What came of a request: a value, or what to tell (undefined when the hub gave no reason that is known here). */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status?: number; readonly told?: ErrorText }

async function ask<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
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

export const addTill = (name: string): Promise<Answer<NewTill>> => post('/api/tills', { name })

const post = <T>(path: string, body: object): Promise<Answer<T>> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const postCsv = (path: string, file: File): Promise<Answer<CataloguePreview>> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: file })

export const fetchCatalogue = (): Promise<Answer<CatalogueState>> => ask('/api/catalogue')

/** What the file would change. */
export const previewCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue', file)

/** Changes it, unless a row is bad. */
export const applyCatalogue = (file: File): Promise<Answer<CataloguePreview>> => postCsv('/api/catalogue/apply', file)

/** Asks once more for the money of a payment at risk. */
export const retryPayment = (id: string): Promise<Answer<PaymentDetail>> => post(`/api/payments/${encodeURIComponent(id)}/retry`, {})

/** From now on nothing is taken from this till. */
export const revokeTill = (id: string): Promise<Answer<null>> => post(`/api/tills/${encodeURIComponent(id)}/revoke`, {})

/** Gives up the claim of a payment that nobody will pay. */
export const writeOffPayment = (id: string, reason: string): Promise<Answer<PaymentDetail>> =>
  post(`/api/payments/${encodeURIComponent(id)}/write-off`, { reason })

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
