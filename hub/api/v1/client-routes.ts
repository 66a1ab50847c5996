import { z } from 'zod'
import type { Client } from './clients.ts'
import { pageOf, pageQuery } from './cursor.ts'
import { nothing, withId, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import { scopes, type Caller } from './scopes.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

const time = z.iso.datetime()
const iso = (at: number): string => new Date(at).toISOString()
const keyView = z.object({ id: z.string(), createdAt: time, lastUsedAt: time.optional() })
const clientView = z.object({ id: z.string(), name: z.string(), merchant: z.string(), scopes: z.array(z.enum(scopes)), keys: z.array(keyView) })
const lineView = z.object({
  n: z.int(),
  at: time,
  who: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string().meta({ description: '`done`, or the code of the refusal' }),
  hash: z.string().meta({ description: 'SHA-256 over this line and the hash of the line before it in the whole log' }),
})

/** What a program asks about itself, and does about its own keys. */
export function clientRoutes({ clients, pages, audit }: RoutePorts): readonly Route[] {
  async function itself({ id }: Caller): Promise<Outcome<Client, 'api.who'>> {
    const client = await clients.find(id.slice('client/'.length))
    return client === undefined ? fail('api.who') : ok(client)
  }
  return [
    reading({
      path: '/v1/client',
      name: 'getClient',
      summary: 'Who asks, and with which keys he may',
      scope: 'clients:manage',
      params: nothing,
      query: nothing,
      answer: clientView,
      async run({ caller }) {
        const client = await itself(caller)
        if (!client.ok) return client
        const { id, name, merchant, scopes: allowed, keys } = client.value
        const shown = keys.map(({ id: key, createdAt, lastUsedAt }) => ({
          id: key,
          createdAt: iso(createdAt),
          ...(lastUsedAt !== undefined && { lastUsedAt: iso(lastUsedAt) }),
        }))
        return ok({ id, name, merchant, scopes: [...allowed], keys: shown })
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/client/keys',
      name: 'createKey',
      summary: 'Another API key, told this once',
      scope: 'clients:manage',
      status: 201,
      params: nothing,
      query: nothing,
      body: nothing,
      answer: z.object({ id: z.string(), key: z.string() }),
      async run({ caller, store }) {
        const client = await itself(caller)
        if (!client.ok) return client
        const made = clients.withKey(client.value)
        if (!made.ok) return made
        await store.commit({ documents: [made.value.row] })
        return ok({ id: made.value.id, key: made.value.text })
      },
    }),
    writing({
      method: 'DELETE',
      path: '/v1/client/keys/{id}',
      name: 'revokeKey',
      summary: 'A key counts no more',
      scope: 'clients:manage',
      status: 200,
      params: withId,
      query: nothing,
      body: nothing,
      answer: z.object({ id: z.string() }),
      async run({ caller, params: { id }, store }) {
        const client = await itself(caller)
        if (!client.ok) return client
        const row = clients.withoutKey(client.value, id)
        if (!row.ok) return row
        await store.commit({ documents: [row.value] })
        return ok({ id })
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/client/secret',
      name: 'rotateSecret',
      summary: 'Another secret to get tokens with, told this once. The one before counts for another day',
      scope: 'clients:manage',
      status: 201,
      params: nothing,
      query: nothing,
      body: nothing,
      answer: z.object({ secret: z.string(), oldEndsAt: time }),
      async run({ caller, store }) {
        const client = await itself(caller)
        if (!client.ok) return client
        const { row, text, oldEndsAt } = clients.withNewSecret(client.value)
        await store.commit({ documents: [row] })
        return ok({ secret: text, oldEndsAt: iso(oldEndsAt) })
      },
    }),
    reading({
      path: '/v1/audit',
      name: 'listAudit',
      summary: 'Who did or tried what, newest first',
      scope: 'audit:read',
      params: nothing,
      query: pageQuery,
      answer: pageOf(lineView),
      async run({ caller: { merchant }, query: { limit, cursor } }) {
        const use = `audit ${merchant}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        const lines = await audit.page(merchant, begin.value === undefined ? Number.MAX_SAFE_INTEGER : Number(begin.value), limit + 1)
        return ok(
          pages.end(
            use,
            lines,
            limit,
            ({ n }) => String(n),
            ({ n, at, who, action, target, outcome, hash }) => ({ n, at: iso(at), who, action, target, outcome, hash }),
          ),
        )
      },
    }),
  ]
}
