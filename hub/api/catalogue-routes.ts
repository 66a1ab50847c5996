import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { WhoAsks } from './acting.ts'
import { readCsvBody, refuse, sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import type { CataloguePreview } from '#protocol/hub-api/catalogue.ts'
import { ok } from '#protocol/outcome.ts'

const cell = z.string().trim().max(400)
const product = z.strictObject({ gtin: cell, name: cell, category: cell, price: cell, tax: cell })
const edit = z.strictObject({ product, before: product.optional() })
const removal = z.strictObject({ before: product })
const query = z.string().max(100)

/** What tills sell: see protocol/hub-api/catalogue.ts. */
export const catalogueRoutes = ({ catalogue }: Pick<Hub, 'catalogue'>, whoAsks: WhoAsks): [string, Handler][] => [
  ['GET /api/catalogue', (_request, response) => sendJson(response, 200, catalogue.state())],
  ['GET /api/catalogue/changes', (_request, response) => sendJson(response, 200, catalogue.changes())],
  [
    'GET /api/catalogue/products',
    (request, response) => {
      const asked = query.safeParse(new URL(request.url ?? '', 'http://hub').searchParams.get('q') ?? '')
      if (asked.success) sendJson(response, 200, catalogue.find(asked.data))
      else refuse(response, 400, 'wire.malformed', 'q is words to look for')
    },
  ],
  ['POST /api/catalogue', csv((file) => catalogue.preview(file))],
  ['POST /api/catalogue/apply', csv(async (file, request) => catalogue.apply(file, await whoAsks(request)))],
  [
    'POST /api/catalogue/products',
    posted(edit, async ({ product: wanted, before }, _id, request) => ok(catalogue.edit(wanted, before, await whoAsks(request)))),
  ],
  ['POST /api/catalogue/products/:id/remove', posted(removal, async ({ before }, id, request) => ok(catalogue.remove(id, before, await whoAsks(request))))],
]

function csv(act: (file: Uint8Array, request: IncomingMessage) => CataloguePreview | Promise<CataloguePreview>): Handler {
  return async (request, response) => {
    const file = await readCsvBody(request)
    if (!file.ok) return refuse(response, 400, file.code, file.detail)
    sendJson(response, 200, await act(file.value, request))
  }
}
