import type { Id } from '../ids.ts'
import type { EpochMs } from '../time.ts'

/** `GET /api/clients`: the programs that may use the API. No secret is ever in it. */
export type ProgramView = {
  readonly id: Id
  readonly name: string
  /** `sandbox-{id}` for one that tries things. */
  readonly merchant: string
  readonly scopes: readonly string[]
  readonly createdAt: EpochMs
  readonly revokedAt?: EpochMs | undefined
  readonly keys: readonly { readonly id: Id; readonly createdAt: EpochMs; readonly lastUsedAt?: EpochMs | undefined }[]
}
/** `POST /api/clients` answers with the first, `POST /api/clients/:id/keys` with the second; `…/:id/revoke` and `…/:id/revoke-key` `{key}` end them. Told once. */
export type ToldProgram = { readonly id: Id; readonly secret: string }
export type ToldKey = { readonly id: Id; readonly key: string }

/** `GET /api/webhooks`: where programs are told of what happens. `missed`: events since nothing arrived there any more. `POST /api/webhooks/:id/enable` `{merchant, replay}`. */
export type WebhookView = {
  readonly id: Id
  readonly merchant: string
  readonly url: string
  readonly types: readonly string[]
  readonly createdAt: EpochMs
  readonly failingSince?: EpochMs | undefined
  readonly disabledAt?: EpochMs | undefined
  readonly missed: number
}
