import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import type { Programs } from './v1/programs.ts'
import { sandboxOf, scopes } from './v1/scopes.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { ProgramView, ToldKey } from '#protocol/hub-api/programs.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

const nothing = z.strictObject({})
const oneKey = z.strictObject({ key: z.string().max(64) })
const newClient = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** Rows are filed under it: no part of one merchant's name leads into another's folder. */
  merchant: z.string().regex(/^[\w-]{1,80}$/),
  scopes: z.array(z.enum(scopes)).min(1),
  /** Of the merchant's sandbox, and not of the merchant. */
  sandbox: z.boolean().default(false),
})
/** Where nobody has to sign in: whoever sits at this machine. */
const WHO = 'console'

/** Which programs may use the API: said at the console. */
export function clientDesk({ clients, audit }: Pick<Programs, 'clients' | 'audit'>, whoAsks: WhoAsks = () => Promise.resolve(undefined)): [string, Handler][] {
  async function keep(row: DocumentRow, who: string, merchant: string, action: string, target: string): Promise<Outcome<void>> {
    const committed = await audit.commit({ documents: [row] }, { who, merchant, action, target, outcome: 'done' })
    if (committed === 'done') return ok(undefined)
    return committed === 'full' ? fail('till.disk_full') : fail('api.key_in_flight')
  }
  return [
    ['GET /api/scopes', (_request, response) => sendJson(response, 200, scopes)],
    [
      'GET /api/clients',
      async (_request, response) => {
        const all = await clients.list()
        sendJson(
          response,
          200,
          all.map(({ id, name, merchant, scopes: allowed, createdAt, revokedAt, keys }): ProgramView => {
            const shown = keys.map(({ id: key, createdAt: madeAt, lastUsedAt }) => ({ id: key, createdAt: madeAt, lastUsedAt }))
            return { id, name, merchant, scopes: allowed, createdAt, revokedAt, keys: shown }
          }),
        )
      },
    ],
    [
      'POST /api/clients',
      posted(newClient, async ({ name, merchant, scopes: allowed, sandbox }, _id, request) =>
        clients.add({ name, merchant: sandbox ? sandboxOf(merchant) : merchant, scopes: allowed }, (await whoAsks(request)) ?? WHO),
      ),
    ],
    [
      'POST /api/clients/:id/revoke',
      posted(nothing, async (_body, id, request) => {
        const revoked = await clients.revoke(id, (await whoAsks(request)) ?? WHO)
        return revoked.ok ? ok({ id }) : revoked
      }),
    ],
    [
      'POST /api/clients/:id/keys',
      posted(nothing, async (_body, id, request) => {
        const client = await clients.find(id)
        if (client === undefined || client.revokedAt !== undefined) return fail('api.unknown')
        const made = clients.withKey(client)
        if (!made.ok) return made
        const kept = await keep(made.value.row, (await whoAsks(request)) ?? WHO, client.merchant, 'client.key', id)
        return kept.ok ? ok({ id: made.value.id, key: made.value.text } satisfies ToldKey) : kept
      }),
    ],
    [
      'POST /api/clients/:id/revoke-key',
      posted(oneKey, async ({ key }, id, request) => {
        const client = await clients.find(id)
        const row = client === undefined ? fail('api.unknown') : clients.withoutKey(client, key)
        return client !== undefined && row.ok ? await keep(row.value, (await whoAsks(request)) ?? WHO, client.merchant, 'client.revoke-key', id) : row
      }),
    ],
  ]
}
