import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { endpointId, endpointRow, endpointsOf, listens, readEndpoint, secretsInForce, type Endpoint } from './endpoints.ts'
import { eventTypes } from './event.ts'
import { EVENTS, eventsOf } from './outbox.ts'
import type { Post } from './post.ts'
import { isSandbox } from '../api/v1/scopes.ts'
import type { ApiSecrets } from '../api/v1/secrets.ts'
import type { AuditLog } from '../api/v1/audit.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { DAY, HOUR, SECOND, type Clock, type EpochMs } from '#protocol/time.ts'

const happened = z.looseObject({
  id: z.string(),
  type: z.enum(eventTypes),
  merchant: z.string(),
  subject: z.string(),
  data: z.looseObject({}),
  at: z.int(),
  told: z.boolean().optional(),
})
const delivery = z.strictObject({ attempts: z.int() })

const DELIVERIES = 'delivery/'
const FIRST_WAIT = 5 * SECOND
const LONGEST_WAIT = 12 * HOUR
/** Whoever does not answer for so long is not told any more. */
const GIVE_UP_AFTER = 5 * DAY
/** For so long an event can be sent again. */
const KEPT_FOR = 30 * DAY
const AT_ONCE = 20
const LISTENERS = 200

export type DispatchPorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly secrets: ApiSecrets
  readonly audit: AuditLog
  readonly post: Post
  /** Whether a sandbox may have its events sent to this machine: not where others than this machine's people reach the hub. */
  readonly loopback: boolean
  warn(line: string): void
}

/**
 * Tells those who listen what happened. Events are rows of the commit that they tell of; from each come deliveries, one for each listener, in one commit;
 * and a delivery is gone in the commit after its answer. Killed anywhere, the hub tells everything at least once: who listens knows a second
 * time by `webhook-id`. Order is not promised.
 */
export function createDispatch({ store, clock, crypto, secrets, audit, post, loopback, warn }: DispatchPorts) {
  /** All but one of those who retry at the same time would otherwise do so for ever (half of the wait is random). */
  const waitAfter = (attempts: number): number => {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempts - 1, 20))
    const random = ((crypto.randomBytes(2)[0] ?? 0) * 256 + (crypto.randomBytes(1)[0] ?? 0)) / 65_536
    return Math.round(longest * (0.5 + random / 2))
  }

  /** An event that nobody was told of becomes deliveries; one that is old is forgotten. */
  async function spread(row: DocumentRow): Promise<void> {
    const event = happened.parse(JSON.parse(row.body))
    if (event.told === true) return void (await store.commit({ documentsGone: [row] }))
    const told: DocumentRow = { ...row, dueAt: event.at + KEPT_FOR, body: JSON.stringify({ ...event, told: true }) }
    const listening = (await endpointsOf(store, event.merchant)).filter((endpoint) => listens(endpoint, event.type))
    const pending = await store.get(
      'documents',
      listening.map((endpoint) => deliveryId(endpoint, event.id)),
    )
    const due = listening.filter((endpoint) => !pending.some(({ id }) => id === deliveryId(endpoint, event.id)))
    await store.commit({ documents: [told, ...due.map((endpoint) => deliveryRow(endpoint, event.id, clock.now()))] })
  }

  async function deliver(row: DocumentRow): Promise<void> {
    const [, merchant = '', to = '', about = ''] = row.id.split('/')
    const found = await store.get('documents', [endpointId(merchant, to), `${eventsOf(merchant)}${about}`])
    const [endpointFound, eventFound] = [found.find(({ id }) => id === endpointId(merchant, to)), found.find(({ id }) => id.startsWith(EVENTS))]
    const endpoint = endpointFound && readEndpoint(endpointFound)
    if (endpoint === undefined || endpoint.disabledAt !== undefined || eventFound === undefined) return void (await store.commit({ documentsGone: [row] }))
    const event = happened.parse(JSON.parse(eventFound.body))
    const body = JSON.stringify(cloudEvent(event))
    const status = await post(endpoint.url, headersOf(endpoint, event.id, body), body, loopback && isSandbox(merchant))
    // Read again: somebody may have changed it while it was asked.
    const [now] = await store.get('documents', [endpointId(merchant, to)])
    const current = now && readEndpoint(now)
    if (current === undefined) return void (await store.commit({ documentsGone: [row] }))
    if (status !== undefined && status >= 200 && status < 300) {
      const { failingSince, ...well } = current
      await store.commit({ documentsGone: [row], ...(failingSince !== undefined && { documents: [endpointRow(well)] }) })
    } else await failed(row, current, status)
  }
  async function failed(row: DocumentRow, endpoint: Endpoint, status: number | undefined): Promise<void> {
    const attempts = delivery.parse(JSON.parse(row.body)).attempts + 1
    const failingSince = endpoint.failingSince ?? clock.now()
    // RFC 9110 §15.5.11: gone, and it says itself that it stays so.
    if (status === 410 || clock.now() - failingSince >= GIVE_UP_AFTER) {
      warn(`webhooks to ${new URL(endpoint.url).host} are given up: ${status ?? 'no answer'}`)
      const changes = { documentsGone: [row], documents: [endpointRow({ ...endpoint, failingSince, disabledAt: clock.now() })] }
      await audit.commit(changes, { who: 'hub', merchant: endpoint.merchant, action: 'webhook.give-up', target: endpoint.id, outcome: 'done' })
      return
    }
    const again: DocumentRow = { ...row, dueAt: clock.now() + waitAfter(attempts), body: JSON.stringify({ attempts }) }
    await store.commit({ documents: [again, ...(endpoint.failingSince === undefined ? [endpointRow({ ...endpoint, failingSince })] : [])] })
  }

  /** Standard Webhooks: a signature for each secret that counts. */
  function headersOf(endpoint: Endpoint, id: string, body: string): Record<string, string> {
    const at = new Date(clock.now())
    const signatures = secretsInForce({ secrets }, endpoint, clock.now()).map((secret) => new Webhook(secret).sign(id, at, body))
    return {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Stillpoint',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    }
  }

  return {
    /** Everything that is due now. True when there may be more. */
    async work(): Promise<boolean> {
      const events = await store.documentsDue(EVENTS, clock.now(), LISTENERS)
      for (const row of events) await spread(row)
      const due = await store.documentsDue(DELIVERIES, clock.now(), AT_ONCE)
      await Promise.all(due.map(deliver))
      return events.length === LISTENERS || due.length > 0
    },
  }
}

const deliveryId = ({ merchant, id }: Endpoint, event: string): string => `${DELIVERIES}${merchant}/${id}/${event}`
/** That this one is to be told of an event. */
export const deliveryRow = (endpoint: Endpoint, event: string, dueAt: EpochMs): DocumentRow => ({
  id: deliveryId(endpoint, event),
  version: 0,
  dueAt,
  body: JSON.stringify({ attempts: 0 } satisfies z.infer<typeof delivery>),
})

/** CloudEvents 1.0.2, structured mode in JSON. */
const cloudEvent = ({ id, type, merchant, subject, data, at }: z.infer<typeof happened>) => ({
  specversion: '1.0',
  id,
  source: `urn:stillpoint:merchant:${merchant}`,
  type: `stillpoint.${type}`,
  subject,
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json',
  data,
})
