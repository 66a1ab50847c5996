import { createDenyDesk, type DenyDesk, type DenyLog } from './deny-desk.ts'
import { createPolicyDesk, type PolicyDesk, type PolicyFile } from './desk.ts'
import { createLoneDesk } from './lone-curve.ts'
import { paymentsSeen, replayed, type Seen } from './replay.ts'
import type { PolicyRules } from './rules.ts'
import type { HubKeys } from '../keys.ts'
import type { Shop } from '../shop.ts'
import type { HubStore, Till } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { LoneCurveAnswer, PolicyPreview, PolicyState } from '#protocol/hub-api/policy.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import { DAY, type Clock, type DurationMs } from '#protocol/time.ts'

/** Where a hub keeps its policy and what it denied; see `PolicyFile` and `DenyLog`. */
export type PolicyKeeping = {
  readonly policy: PolicyFile
  readonly denied: DenyLog
  /** An invented shop's payments, from which lone tills' risk is learned until this shop has its own. */
  readonly inventedPast?: (() => readonly Seen[]) | undefined
}

export type PoliciesPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Shop
  readonly kept?: PolicyKeeping | undefined
  /** Every till is to get its policy again. */
  changed(): void
  /** Every till is to hear of the deny list; it had this version until now. */
  denied(before: number): void
}

/** What tills may do without the hub, as the console sees and changes it. */
export interface Policies {
  readonly desk: PolicyDesk
  readonly denied: DenyDesk
  state(): Promise<PolicyState>
  /** What these rules could cost and would have done. Nothing is signed. */
  preview(rules: PolicyRules): Promise<PolicyPreview>
  /** What lone tills could refuse beside the caps in force. Nothing is signed. */
  curve(): Promise<LoneCurveAnswer>
  sign(rules: PolicyRules): Promise<PolicyState>
  isDenied(name: DeniedName): boolean
  deny(names: readonly DeniedName[], reason: string): Promise<PolicyState>
  allow(name: DeniedName, reason: string): Promise<PolicyState>
}

const REPLAYED: DurationMs = 7 * DAY
const LISTED = 50

export function createPolicies({ clock, crypto, store, keys, shop, kept, changed, denied: deniedChanged }: PoliciesPorts): Policies {
  const signer = () => keys.signer('policy')
  const denied = createDenyDesk({ crypto, clock, log: kept?.denied, signer })
  const inUse = async () => (await store.tills()).filter(isInUse)
  const lone = createLoneDesk({
    clock,
    crypto,
    store,
    currency: shop.currency,
    invented: kept?.inventedPast,
    has: denied.has,
    tills: async () => (await inUse()).length,
  })
  const desk = createPolicyDesk({ clock, shop, file: kept?.policy, denied, standingOf: lone.standingOf, signer, changed })

  async function state(): Promise<PolicyState> {
    const { version, rules, from } = desk.current
    const { size, version: deniedVersion } = denied.reference
    const tills = await inUse()
    return {
      version,
      signedAt: from,
      currency: shop.currency,
      rules,
      worst: desk.worstCase(rules),
      tills: tills.map(({ id, name }) => {
        const sliceMinor = desk.sliceOf(id)
        return { id, name, ...(sliceMinor === undefined ? {} : { sliceMinor }) }
      }),
      denied: { version: deniedVersion, size, newest: denied.newest(LISTED).map(({ kind, id, reason, at }) => ({ kind, id, reason, at })) },
    }
  }

  async function changeDenied(change: () => boolean): Promise<PolicyState> {
    const before = denied.version
    if (change()) {
      deniedChanged(before)
      // The policies name the newest list, so that a till which misses the delta knows that there is one.
      changed()
    }
    return await state()
  }

  return {
    desk,
    denied,
    state,
    async preview(rules) {
      const since = clock.now() - REPLAYED
      const seen = await paymentsSeen(store, crypto, since)
      const tills = (await inUse()).length
      const would = (of: PolicyRules) => ({
        worst: desk.worstCase(of),
        alone: replayed(of, seen, tills, shop.currency, denied.has, true),
        all: replayed(of, seen, tills, shop.currency, denied.has, false),
      })
      return { ...would(rules), since, now: would(desk.current.rules) }
    },
    curve: async () => await lone.curve(desk.current.rules),
    async sign(rules) {
      desk.sign(rules)
      return await state()
    },
    isDenied: (name) => denied.deniedAt(name) !== undefined,
    deny: (names, reason) => changeDenied(() => denied.deny(names, reason)),
    allow: (name, reason) => changeDenied(() => denied.allow(name, reason)),
  }
}

export const isInUse = ({ publicKey, revokedAt }: Till): boolean => publicKey !== undefined && revokedAt === undefined
