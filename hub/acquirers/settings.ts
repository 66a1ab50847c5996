import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Acquirer } from './acquirer.ts'
import { openAcquirer } from './connector.ts'
import type { KeyService } from '../key-service/key-service.ts'
import { startKeyService } from '../key-service/start.ts'
import type { Clock, Timers } from '#protocol/time.ts'

/** `acquirer.json` in the hub's folder: without it no cards are taken. */
export const acquirerSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  dialect: z.enum(['ascii', 'bcd']).default('bcd'),
  terminal: z.string().regex(/^[ -~]{8}$/),
  merchant: z.string().regex(/^[ -~]{15}$/),
  institution: z.string().regex(/^\d{1,11}$/),
  patienceMs: z.int().min(100).max(120_000).default(15_000),
})
export type AcquirerSettings = z.input<typeof acquirerSettings>

export const ACQUIRER_FILE = 'acquirer.json'
/** Folder of the key service, in the hub's. */
export const KEY_SERVICE_FOLDER = 'key-service'

type Ports = { readonly clock: Clock; readonly timers: Timers; warn(line: string): void }

/** Who gets money from cards for the hub of this folder; undefined where nobody does. Throws for settings that cannot be read. */
export function openCards(data: string, ports: Ports): { readonly acquirer: Acquirer; readonly keyService: KeyService } | undefined {
  const path = join(data, ACQUIRER_FILE)
  if (!existsSync(path)) return undefined
  const settings = acquirerSettings.parse(JSON.parse(readFileSync(path, 'utf8')))
  const keyService = startKeyService(join(data, KEY_SERVICE_FOLDER), ports.warn)
  return { acquirer: openAcquirer(settings, { ...ports, keyService }), keyService }
}
