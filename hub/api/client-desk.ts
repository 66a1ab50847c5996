import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import type { Programs } from './v1/programs.ts'
import { sandboxOf, scopes } from './v1/scopes.ts'
import { ok } from '#protocol/outcome.ts'

const nothing = z.strictObject({})
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
export const clientDesk = ({ clients }: Pick<Programs, 'clients'>, whoAsks: WhoAsks = () => Promise.resolve(undefined)): [string, Handler][] => [
  [
    'GET /api/clients',
    async (_request, response) => {
      const all = await clients.list()
      sendJson(
        response,
        200,
        all.map(({ id, name, merchant, scopes: allowed, createdAt, revokedAt }) => ({ id, name, merchant, scopes: allowed, createdAt, revokedAt })),
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
]
