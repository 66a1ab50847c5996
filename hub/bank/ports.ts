import type { BankFolders } from './folders.ts'
import type { BankSettings } from './settings.ts'
import type { Schemas } from './xml.ts'
import type { Payouts } from '../settlement/payouts.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { Clock } from '#protocol/time.ts'

/** What the bank side touches. `merchant`: the shop that a desk of intake is opened for; the bank's postings touch none of its accounts. */
export type BankPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly store: HubStore
  readonly merchant: Id
  readonly payouts: Payouts
  readonly settings: BankSettings
  readonly schemas: Schemas
  readonly folders: BankFolders
  changed(): void
  /** For the operator's log. */
  warn(line: string): void
}

export const freshId = ({ clock, crypto }: Pick<BankPorts, 'clock' | 'crypto'>): Id => makeId(clock.now(), crypto.randomBytes(10))
/** Who does what no person does. */
export const HUB = 'hub'
