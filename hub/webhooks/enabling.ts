import { deliveryRow } from './dispatch.ts'
import { allEndpoints, endpointRow, findEndpoint, listens, type Endpoint } from './endpoints.ts'
import { isEventType } from './event.ts'
import { eventsOf } from './outbox.ts'
import type { AuditLog } from '../api/v1/audit.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { WebhookView } from '#protocol/hub-api/programs.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

/** What people see of webhooks, and do about one that was given up. */
export type EnablingPorts = { readonly store: HubStore; readonly clock: Pick<Clock, 'now'>; readonly audit: Pick<AuditLog, 'commit'>; wake(): void }

/** So many events are looked through, and sent again at most: the newest. */
const MOST_REPLAYED = 1000

export function createEnabling({ store, clock, audit, wake }: EnablingPorts) {
  /** What this one has not heard since nothing arrived there any more. Events are kept for thirty days. */
  async function missedBy(endpoint: Endpoint): Promise<readonly string[]> {
    const since = endpoint.failingSince ?? endpoint.disabledAt
    if (since === undefined || endpoint.disabledAt === undefined) return []
    const rows = await store.documents({ prefix: eventsOf(endpoint.merchant), limit: MOST_REPLAYED, newestFirst: true })
    const events = rows.map(({ body }) => JSON.parse(body) as { readonly id: string; readonly type: string; readonly at: EpochMs })
    const { disabledAt: _, ...listening } = endpoint
    return events.filter(({ type, at }) => at >= since && isEventType(type) && listens(listening, type)).map(({ id }) => id)
  }

  return {
    async list(): Promise<readonly WebhookView[]> {
      const all = await allEndpoints(store)
      return await Promise.all(
        all.map(async (endpoint) => {
          const { id, merchant, url, types, createdAt, failingSince, disabledAt } = endpoint
          return { id, merchant, url, types, createdAt, failingSince, disabledAt, missed: (await missedBy(endpoint)).length }
        }),
      )
    },
    /** Sends there again. `replay`: also what was missed, to nobody else. */
    async enable(merchant: string, id: string, replay: boolean, who: string): Promise<Outcome<void, 'api.unknown' | 'till.disk_full'>> {
      const found = await findEndpoint(store, merchant, id)
      if (found?.disabledAt === undefined) return fail('api.unknown')
      const { failingSince: _since, disabledAt: _at, ...well } = found
      const wanted = (replay ? await missedBy(found) : []).map((event) => deliveryRow(found, event, clock.now()))
      const there = await store.get(
        'documents',
        wanted.map((row) => row.id),
      )
      const deliveries = wanted.filter((row) => !there.some((one) => one.id === row.id))
      const line = { who, merchant, action: 'webhook.enable', target: id, outcome: 'done' }
      const committed = await audit.commit({ documents: [endpointRow(well), ...deliveries] }, line)
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') return fail('api.unknown', 'it has changed meanwhile')
      wake()
      return ok(undefined)
    },
  }
}
export type Enabling = ReturnType<typeof createEnabling>
