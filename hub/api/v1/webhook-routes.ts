import { z } from 'zod'
import { pageOf, pageQuery } from './cursor.ts'
import { nothing, withId, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import { isSandbox } from './scopes.ts'
import { webhookUrl } from '../../webhooks/address.ts'
import { endpointId, endpointRow, endpointsOf, findEndpoint, MAX_ENDPOINTS, newSecret, rotated, type Endpoint } from '../../webhooks/endpoints.ts'
import { eventTypes } from '../../webhooks/event.ts'
import { eventsOf } from '../../webhooks/outbox.ts'
import { fail, ok } from '#protocol/outcome.ts'

const time = z.iso.datetime()
const iso = (at: number): string => new Date(at).toISOString()
const types = z.array(z.enum(eventTypes)).max(eventTypes.length)
const newEndpoint = z.strictObject({
  url: z.string().min(1).max(500).meta({ description: 'https, on the public internet; a sandbox may also use this machine' }),
  types: types.default([]).meta({ description: 'Empty: all' }),
})
const endpointView = z.object({ id: z.string(), url: z.string(), types, createdAt: time, failingSince: time.optional(), disabledAt: time.optional() })
const eventView = z.object({ id: z.string(), type: z.enum(eventTypes), subject: z.string(), at: time, data: z.looseObject({}) })
const keptEvent = z.looseObject({ id: z.string(), type: z.enum(eventTypes), subject: z.string(), at: z.int(), data: z.looseObject({}) })

const show = ({ id, url, types: wanted, createdAt, failingSince, disabledAt }: Endpoint): z.infer<typeof endpointView> => ({
  id,
  url,
  types: [...wanted],
  createdAt: iso(createdAt),
  ...(failingSince !== undefined && { failingSince: iso(failingSince) }),
  ...(disabledAt !== undefined && { disabledAt: iso(disabledAt) }),
})

/** Who is told of what happens, and what there was to tell. */
export function webhookRoutes({ clock, crypto, secrets, pages, store, webhooks, loopback }: RoutePorts): readonly Route[] {
  return [
    reading({
      path: '/v1/webhook-endpoints',
      name: 'listWebhookEndpoints',
      summary: 'Who is told of events',
      scope: 'webhooks:manage',
      params: nothing,
      query: nothing,
      answer: pageOf(endpointView),
      run: async ({ caller }) => ok({ items: (await endpointsOf(store, caller.merchant)).map(show) }),
    }),
    writing({
      method: 'POST',
      path: '/v1/webhook-endpoints',
      name: 'createWebhookEndpoint',
      summary: 'Events are sent to this address from now on. The secret to check them with is told this once',
      scope: 'webhooks:manage',
      status: 201,
      params: nothing,
      query: nothing,
      body: newEndpoint,
      answer: z.object({ ...endpointView.shape, secret: z.string() }),
      async run({ caller: { merchant }, body: { url, types: wanted }, store: draft, newId }) {
        const sandbox = isSandbox(merchant)
        const address = webhookUrl(url, loopback && sandbox)
        if (!address.ok) return address
        if ((await endpointsOf(store, merchant)).length >= MAX_ENDPOINTS) return fail('api.too_often', `at most ${MAX_ENDPOINTS}`)
        const secret = newSecret({ secrets, crypto })
        const endpoint: Endpoint = { id: newId, merchant, version: 0, url: address.value.href, types: wanted, secrets: [secret.kept], createdAt: clock.now() }
        await draft.commit({ documents: [endpointRow(endpoint), ...(sandbox ? [] : await webhooks.begin())] })
        return ok({ ...show(endpoint), secret: secret.text })
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/webhook-endpoints/{id}/secret',
      name: 'rotateWebhookSecret',
      summary: 'Another secret, told this once. The one before signs as well for another day',
      scope: 'webhooks:manage',
      status: 201,
      params: withId,
      query: nothing,
      body: nothing,
      answer: z.object({ secret: z.string(), oldEndsAt: time }),
      async run({ caller: { merchant }, params: { id }, store: draft }) {
        const found = await findEndpoint(store, merchant, id)
        if (found === undefined) return fail('api.unknown')
        const { endpoint, text, oldEndsAt } = rotated({ secrets, crypto, clock }, found)
        await draft.commit({ documents: [endpointRow(endpoint)] })
        return ok({ secret: text, oldEndsAt: iso(oldEndsAt) })
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/webhook-endpoints/{id}/enable',
      name: 'enableWebhookEndpoint',
      summary: 'Sends again to an address that was given up',
      scope: 'webhooks:manage',
      status: 200,
      params: withId,
      query: nothing,
      body: nothing,
      answer: endpointView,
      async run({ caller: { merchant }, params: { id }, store: draft }) {
        const found = await findEndpoint(store, merchant, id)
        if (found === undefined) return fail('api.unknown')
        const { failingSince: _since, disabledAt: _at, ...well } = found
        await draft.commit({ documents: [endpointRow(well)] })
        return ok(show(well))
      },
    }),
    writing({
      method: 'DELETE',
      path: '/v1/webhook-endpoints/{id}',
      name: 'deleteWebhookEndpoint',
      summary: 'Nothing is sent there any more',
      scope: 'webhooks:manage',
      status: 200,
      params: withId,
      query: nothing,
      body: nothing,
      answer: z.object({ id: z.string() }),
      async run({ caller: { merchant }, params: { id }, store: draft }) {
        const found = await findEndpoint(store, merchant, id)
        if (found === undefined) return fail('api.unknown')
        await draft.commit({ documentsGone: [{ id: endpointId(merchant, id), version: found.version }] })
        return ok({ id })
      },
    }),
    reading({
      path: '/v1/events',
      name: 'listEvents',
      summary: 'What happened, newest first, as webhooks tell it. Kept for thirty days',
      scope: 'webhooks:manage',
      params: nothing,
      query: pageQuery,
      answer: pageOf(eventView),
      async run({ caller: { merchant }, query: { limit, cursor } }) {
        const use = `events ${merchant}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        const rows = await store.documents({ prefix: eventsOf(merchant), after: begin.value, limit: limit + 1, newestFirst: true })
        const page = pages.end(
          use,
          rows,
          limit,
          ({ id }) => id,
          ({ body }) => {
            const { id, type, subject, at, data } = keptEvent.parse(JSON.parse(body))
            return { id, type, subject, at: iso(at), data }
          },
        )
        return ok(page)
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/events/{id}/replay',
      name: 'replayEvent',
      summary: 'Sends an event again, to everybody who is told now',
      scope: 'webhooks:manage',
      status: 200,
      params: withId,
      query: nothing,
      body: nothing,
      answer: z.object({ id: z.string() }),
      async run({ caller: { merchant }, params: { id }, store: draft }) {
        const [row] = await store.get('documents', [`${eventsOf(merchant)}${id}`])
        if (row === undefined) return fail('api.unknown')
        const body = { ...keptEvent.parse(JSON.parse(row.body)), told: undefined }
        await draft.commit({ documents: [{ ...row, dueAt: clock.now(), body: JSON.stringify(body) }] })
        return ok({ id })
      },
    }),
  ]
}
