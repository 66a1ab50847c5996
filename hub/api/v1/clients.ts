import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { AuditLog } from './audit.ts'
import { scopes, type Caller, type Scope } from './scopes.ts'
import type { ApiSecrets } from './secrets.ts'
import type { HubStore } from '../../store/hub-store.ts'
import type { DocumentRow } from '../../store/documents.ts'
import { base64url, hex, unhex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { isId, makeId, type Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, HOUR, MINUTE, type Clock, type EpochMs } from '#protocol/time.ts'

/** 256 random bits each, so a plain SHA-256 of it gives nothing away, and no salt or slow hash would add to it. */
const secretShape = z.strictObject({ id: z.string(), hash: z.string(), createdAt: z.int(), endsAt: z.int().optional(), lastUsedAt: z.int().optional() })
export type KeptSecret = z.infer<typeof secretShape>

const kept = z.strictObject({
  name: z.string(),
  merchant: z.string(),
  scopes: z.array(z.enum(scopes)).readonly(),
  createdAt: z.int(),
  madeBy: z.string().optional(),
  revokedAt: z.int().optional(),
  /** What it gets tokens with: at most two that count, so that one can follow the other without a gap. */
  secrets: z.array(secretShape).readonly(),
  /** What it may send in place of a token. */
  keys: z.array(secretShape).readonly(),
})
type Kept = z.infer<typeof kept>
export type Client = Kept & { readonly id: string; readonly row: Pick<DocumentRow, 'id' | 'version'> }

const PREFIX = 'client/'
const KEY = 'spk_'
const TOKEN = 'spt_'
const SECRET = 'sps_'
const SECRET_BYTES = 32
/** RFC 6749 §4.2.2 leaves it to us: what leaks is worth little for long. */
export const TOKEN_LASTS = 15 * MINUTE
/** Nobody needs to know it to the minute, and every note costs a commit. */
const NOTE_USE_EVERY = 1 * HOUR
/** For so long what was replaced still counts. */
const OVERLAP = 1 * DAY
export const MAX_KEYS = 5
const MAX_REMEMBERED = 1000

const token = z.strictObject({ client: z.string(), secret: z.string(), until: z.int(), scopes: z.array(z.enum(scopes)) })

export type ClientsPorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly secrets: ApiSecrets
  readonly audit: AuditLog
}
export type NewClient = { readonly name: string; readonly merchant: string; readonly scopes: readonly Scope[] }
export type Clients = ReturnType<typeof createClients>

/** The programs that may use the API, each in the name of one merchant. */
export function createClients({ store, clock, crypto, secrets, audit }: ClientsPorts) {
  const digest = (text: string): string => hex(crypto.sha256(utf8(text)))
  const counts = ({ endsAt }: KeptSecret): boolean => endsAt === undefined || endsAt > clock.now()
  const parsed = new Map<string, Client>()

  async function find(id: string): Promise<Client | undefined> {
    if (!isId(id)) return undefined
    const [row] = await store.get('documents', [`${PREFIX}${id}`])
    return row === undefined ? undefined : clientOf(row)
  }
  /** Parsed once for each version of its row: a program asks a hundred times a second. */
  function clientOf(row: DocumentRow): Client {
    const name = `${row.id}@${row.version}`
    const known = parsed.get(name)
    if (known !== undefined) return known
    const client: Client = { ...kept.parse(JSON.parse(row.body)), id: row.id.slice(PREFIX.length), row: { id: row.id, version: row.version } }
    if (parsed.size >= MAX_REMEMBERED) parsed.clear()
    parsed.set(name, client)
    return client
  }
  const rowOf = ({ id: _id, row, ...body }: Client): DocumentRow => ({ ...row, dueAt: undefined, body: JSON.stringify(kept.parse(body)) })
  const callerOf = ({ id, merchant, madeBy }: Client, allowed: readonly Scope[]): Caller => ({ id: `client/${id}`, merchant, scopes: new Set(allowed), madeBy })

  function fresh(prefix: string): { readonly text: string; readonly kept: KeptSecret } {
    const text = `${prefix}${base64url(crypto.randomBytes(SECRET_BYTES))}`
    return { text, kept: { id: makeId(clock.now(), crypto.randomBytes(10)), hash: digest(text), createdAt: clock.now() } }
  }
  const match = (among: readonly KeptSecret[], text: string): KeptSecret | undefined => {
    const given = unhex(digest(text)) ?? new Uint8Array(0)
    return among.filter(counts).find(({ hash }) => timingSafeEqual(unhex(hash) ?? new Uint8Array(given.length), given))
  }
  /** That a key was used is worth knowing, not worth waiting for: what fails is tried with the next use. */
  async function noteUse(client: Client, used: KeptSecret): Promise<void> {
    if (clock.now() - (used.lastUsedAt ?? 0) < NOTE_USE_EVERY) return
    const keys = client.keys.map((key) => (key.id === used.id ? { ...key, lastUsedAt: clock.now() } : key))
    await store.commit({ documents: [rowOf({ ...client, keys })] })
  }

  return {
    find,
    async list(merchant?: string): Promise<readonly Client[]> {
      const all = (await store.documents({ prefix: PREFIX, limit: MAX_REMEMBERED })).map(clientOf)
      return merchant === undefined ? all : all.filter((client) => client.merchant === merchant)
    },
    /** The secret is told this once. */
    async add({ name, merchant, scopes: allowed }: NewClient, by: string): Promise<Outcome<{ readonly id: Id; readonly secret: string }, 'till.disk_full'>> {
      const id = makeId(clock.now(), crypto.randomBytes(10))
      const secret = fresh(SECRET)
      const client: Client = {
        id,
        row: { id: `${PREFIX}${id}`, version: 0 },
        name,
        merchant,
        scopes: allowed,
        createdAt: clock.now(),
        madeBy: by,
        secrets: [secret.kept],
        keys: [],
      }
      const committed = await audit.commit({ documents: [rowOf(client)] }, { who: by, merchant, action: 'client.add', target: id, outcome: 'done' })
      return committed === 'done' ? ok({ id, secret: secret.text }) : fail('till.disk_full')
    },
    async revoke(id: string, by: string): Promise<Outcome<void, 'api.unknown' | 'till.disk_full'>> {
      const client = await find(id)
      if (client === undefined) return fail('api.unknown')
      const line = { who: by, merchant: client.merchant, action: 'client.revoke', target: id, outcome: 'done' }
      const committed = await audit.commit({ documents: [rowOf({ ...client, revokedAt: client.revokedAt ?? clock.now() })] }, line)
      return committed === 'done' ? ok(undefined) : fail('till.disk_full')
    },
    /** A further key, told this once. The client and the key's text: `commit` by who asked. */
    withKey(client: Client): Outcome<{ readonly row: DocumentRow; readonly id: string; readonly text: string }, 'api.too_often'> {
      const live = client.keys.filter(counts)
      if (live.length >= MAX_KEYS) return fail('api.too_often', `at most ${MAX_KEYS} keys`)
      const key = fresh(`${KEY}${client.id}_`)
      return ok({ row: rowOf({ ...client, keys: [...live, key.kept] }), id: key.kept.id, text: key.text })
    },
    withoutKey(client: Client, id: string): Outcome<DocumentRow, 'api.unknown'> {
      if (!client.keys.some((key) => key.id === id && counts(key))) return fail('api.unknown')
      return ok(rowOf({ ...client, keys: client.keys.filter((key) => key.id !== id) }))
    },
    /** Another secret, told this once. The one before counts for another day. */
    withNewSecret(client: Client): { readonly row: DocumentRow; readonly text: string; readonly oldEndsAt: EpochMs } {
      const secret = fresh(SECRET)
      const oldEndsAt = clock.now() + OVERLAP
      const last = client.secrets.filter(counts).at(-1)
      return {
        row: rowOf({ ...client, secrets: [...(last === undefined ? [] : [{ ...last, endsAt: oldEndsAt }]), secret.kept] }),
        text: secret.text,
        oldEndsAt,
      }
    },
    /** RFC 6749 §4.4: a token for a client's own secret, with the scopes that it asks for or all that it has. */
    async token(
      id: string,
      secret: string,
      wanted: readonly string[] | undefined,
    ): Promise<Outcome<{ readonly token: string; readonly scopes: readonly Scope[] }, 'api.who' | 'api.not_allowed'>> {
      const client = await find(id)
      const used = client === undefined || client.revokedAt !== undefined ? undefined : match(client.secrets, secret)
      if (client === undefined || used === undefined) return fail('api.who')
      const granted = wanted === undefined ? client.scopes : client.scopes.filter((scope) => wanted.includes(scope))
      if (wanted !== undefined && granted.length !== new Set(wanted).size) return fail('api.not_allowed')
      const body = { client: id, secret: used.id, until: clock.now() + TOKEN_LASTS, scopes: [...granted] } satisfies z.infer<typeof token>
      return ok({ token: `${TOKEN}${secrets.seal('token', JSON.stringify(body))}`, scopes: granted })
    },
    /** Of what stands behind `Bearer`: a token, or a key. */
    async callerOf(bearer: string): Promise<Caller | undefined> {
      if (bearer.startsWith(TOKEN)) {
        const text = secrets.open('token', bearer.slice(TOKEN.length))
        if (text === undefined) return undefined
        const said = token.parse(JSON.parse(text))
        const client = said.until > clock.now() ? await find(said.client) : undefined
        if (client === undefined || client.revokedAt !== undefined || !client.secrets.some((known) => known.id === said.secret && counts(known)))
          return undefined
        return callerOf(client, said.scopes)
      }
      const client = bearer.startsWith(KEY) ? await find(bearer.slice(KEY.length, KEY.length + 36)) : undefined
      const used = client === undefined || client.revokedAt !== undefined ? undefined : match(client.keys, bearer)
      if (client === undefined || used === undefined) return undefined
      await noteUse(client, used)
      return callerOf(client, client.scopes)
    },
  }
}
