import { z } from 'zod'
import type { AuditLog } from './audit.ts'
import type { Clients } from './clients.ts'
import type { Pager } from './cursor.ts'
import type { ApiSecrets } from './secrets.ts'
import type { Hub } from '../../hub.ts'
import type { DocumentRow } from '../../store/documents.ts'
import type { HubStore } from '../../store/hub-store.ts'
import type { HubEvent } from '../../webhooks/event.ts'
import type { Webhooks } from '../../webhooks/webhooks.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { ID_PATTERN } from '#protocol/ids.ts'
import type { Clock } from '#protocol/time.ts'

/** What routes are made over. */
export type RoutePorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Crypto
  readonly pages: Pager
  readonly clients: Clients
  readonly audit: AuditLog
  readonly secrets: ApiSecrets
  readonly webhooks: Pick<Webhooks, 'begin'>
  readonly hub: Pick<Hub, 'recoveryOver' | 'merchants' | 'settlement' | 'escrows' | 'rates'>
  /** See `DispatchPorts`. */
  readonly loopback: boolean
  /** Whose payments this hub takes. */
  readonly shopMerchant: string
  /** What has to be stored so that webhooks tell of it. */
  emit(event: HubEvent): readonly DocumentRow[]
}

export const nothing = z.strictObject({})
export const withId = z.strictObject({ id: z.string().regex(ID_PATTERN).meta({ description: 'UUIDv7' }) })
