import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Programs } from './v1/programs.ts'
import { sandboxOf, scopes } from './v1/scopes.ts'
import { ok } from '#protocol/outcome.ts'

const nothing = z.strictObject({})
const newClient = z.strictObject({
  name: z.string().trim().min(1).max(80),
  merchant: z.string().trim().min(1).max(80),
  scopes: z.array(z.enum(scopes)).min(1),
  /** Of the merchant's sandbox, and not of the merchant. */
  sandbox: z.boolean().default(false),
})
/** Until people sign in: whoever sits at this machine. */
const WHO = 'console'

/** Which programs may use the API: said at the console. */
export const clientDesk = ({ clients }: Pick<Programs, 'clients'>): [string, Handler][] => [
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
    posted(newClient, ({ name, merchant, scopes: allowed, sandbox }) =>
      clients.add({ name, merchant: sandbox ? sandboxOf(merchant) : merchant, scopes: allowed }, WHO),
    ),
  ],
  [
    'POST /api/clients/:id/revoke',
    posted(nothing, async (_body, id) => {
      const revoked = await clients.revoke(id, WHO)
      return revoked.ok ? ok({ id }) : revoked
    }),
  ],
]
