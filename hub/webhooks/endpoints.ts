import { z } from 'zod'
import { eventTypes, type EventType } from './event.ts'
import type { ApiSecrets } from '../api/v1/secrets.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { ID_PATTERN, type Id } from '#protocol/ids.ts'
import { DAY, type Clock, type EpochMs } from '#protocol/time.ts'

const kept = z.strictObject({
  url: z.string(),
  /** Empty: all. */
  types: z.array(z.enum(eventTypes)).readonly(),
  /** Sealed. At most two count, so that whoever listens can change over without losing one. */
  secrets: z.array(z.strictObject({ sealed: z.string(), endsAt: z.int().optional() })).readonly(),
  createdAt: z.int(),
  /** Since when nothing has arrived; gone with the next one that does. */
  failingSince: z.int().optional(),
  /** Nothing is sent any more until it is made to work again. */
  disabledAt: z.int().optional(),
})
export type Endpoint = z.infer<typeof kept> & { readonly id: Id; readonly merchant: string; readonly version: number }

const PREFIX = 'endpoint/'
export const MAX_ENDPOINTS = 10
const OVERLAP = 1 * DAY
const PAGE = 500
const SECRET_BYTES = 32
/** As Standard Webhooks writes secrets. */
const SECRET = 'whsec_'

export const endpointId = (merchant: string, id: string): string => `${PREFIX}${merchant}/${id}`
export function readEndpoint({ id, version, body }: DocumentRow): Endpoint {
  const [, merchant = '', own = ''] = id.split('/')
  return { ...kept.parse(JSON.parse(body)), id: own, merchant, version }
}
export const endpointRow = ({ id, merchant, version, ...body }: Endpoint): DocumentRow => ({
  id: endpointId(merchant, id),
  version,
  dueAt: undefined,
  body: JSON.stringify(kept.parse(body)),
})
export const listens = ({ types, disabledAt }: Endpoint, type: EventType): boolean => disabledAt === undefined && (types.length === 0 || types.includes(type))

export async function endpointsOf(store: HubStore, merchant: string): Promise<readonly Endpoint[]> {
  return (await store.documents({ prefix: `${PREFIX}${merchant}/`, limit: MAX_ENDPOINTS })).map(readEndpoint)
}
export async function findEndpoint(store: HubStore, merchant: string, id: string): Promise<Endpoint | undefined> {
  const [row] = ID_PATTERN.test(id) ? await store.get('documents', [endpointId(merchant, id)]) : []
  return row && readEndpoint(row)
}

type SecretPorts = { readonly secrets: ApiSecrets; readonly crypto: Pick<Crypto, 'randomBytes'>; readonly clock: Pick<Clock, 'now'> }

/** 256 random bits, told once; the hub has to sign with them, so they are kept, sealed. */
export function newSecret({ secrets, crypto }: Pick<SecretPorts, 'secrets' | 'crypto'>): { readonly text: string; readonly kept: Endpoint['secrets'][number] } {
  const text = `${SECRET}${Buffer.from(crypto.randomBytes(SECRET_BYTES)).toString('base64')}`
  return { text, kept: { sealed: secrets.encrypt(text, 'webhook') } }
}
/** Another secret; the one before signs as well for another day. */
export function rotated(ports: SecretPorts, endpoint: Endpoint): { readonly endpoint: Endpoint; readonly text: string; readonly oldEndsAt: EpochMs } {
  const fresh = newSecret(ports)
  const oldEndsAt = ports.clock.now() + OVERLAP
  const last = endpoint.secrets.at(-1)
  return { endpoint: { ...endpoint, secrets: [...(last === undefined ? [] : [{ ...last, endsAt: oldEndsAt }]), fresh.kept] }, text: fresh.text, oldEndsAt }
}
export const secretsInForce = ({ secrets }: Pick<SecretPorts, 'secrets'>, endpoint: Endpoint, now: EpochMs): readonly string[] =>
  endpoint.secrets.filter(({ endsAt }) => endsAt === undefined || endsAt > now).flatMap(({ sealed }) => secrets.decrypt(sealed, 'webhook') ?? [])
/** Of all merchants, a page at a time. */
export async function allEndpoints(store: Pick<HubStore, 'documents'>): Promise<readonly Endpoint[]> {
  const found: Endpoint[] = []
  for (let after: string | undefined; ;) {
    const rows = await store.documents({ prefix: PREFIX, after, limit: PAGE })
    found.push(...rows.map(readEndpoint))
    after = rows.at(-1)?.id
    if (rows.length < PAGE) return found
  }
}
/** At most `limit` of those that hear nothing any more until somebody makes them work again. */
export const endpointsDisabled = async (store: Pick<HubStore, 'documents'>, limit: number): Promise<readonly Endpoint[]> =>
  (await allEndpoints(store)).filter(({ disabledAt }) => disabledAt !== undefined).slice(0, limit)
