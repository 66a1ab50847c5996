import { z } from 'zod'
import type { DenyDesk } from './deny-desk.ts'
import { policyRules, termsOf, type PolicyRules } from './rules.ts'
import { livingGrants, reservedFor, sliceFor, withoutOlder, type Grant } from './slices.ts'
import { worstCaseOf, type WorstCase } from './worst-case.ts'
import type { Shop } from '../shop.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { epochMs, id } from '#protocol/journal/entry.ts'
import { allocate, type Minor } from '#protocol/money.ts'
import type { Holds } from '#protocol/policy/deny-messages.ts'
import type { TillStanding } from '#protocol/risk/lone.ts'
import { DAY, SECOND, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** Where a hub keeps what it signed. Without one it forgets, when it ends, what a person has changed and which slices are out. */
export type PolicyFile = {
  read(): string | undefined
  /** Durable when it returns. */
  write(text: string): void
}

export type PolicyDeskPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly shop: Pick<Shop, 'policy' | 'currency'>
  readonly file?: PolicyFile | undefined
  readonly denied: Pick<DenyDesk, 'reference'>
  /** What is known of a till's payments, for a policy that has a model. */
  standingOf(till: Id): TillStanding | undefined
  signer(): Signer
  /** A new version is there: every till is to get it. */
  changed(): void
}

/** Rules as they were signed, from one moment until the end of the last policy that has them. */
export type SignedRules = { readonly version: number; readonly rules: PolicyRules; readonly from: EpochMs; readonly until: EpochMs }

export interface PolicyDesk {
  readonly current: SignedRules
  /** Those that a till may have decided by, the current one included; the newest first. */
  readonly versions: readonly SignedRules[]
  /** What of the store's cap each till may have in hand; undefined where the store has none. */
  sliceOf(till: Id): Minor | undefined
  /** The worst case if these rules were signed now, and how much more it is while older policies are out. */
  worstCase(rules: PolicyRules): WorstCase & { readonly untilOldEndMinor: Minor }
  /** The policy of one till, signed; what it grants is kept before this returns. Throws when it cannot be kept. */
  signed(till: Id): Uint8Array
  /** Tills share the store's cap from now on; a till that is gone keeps its old slice until that ends. */
  setTills(tills: readonly Id[]): void
  /** A till has put older policies behind it. Answers which tills may have more now. */
  holds(holds: Holds): readonly Id[]
  /** Another machine takes a lost till's place: what the lost one has in hand counts on, under another name, until it ends. Throws when it cannot be kept. */
  leaveBehind(till: Id, as: Id): void
  /** The most that a till may spend alone by any policy that it may hold, and until when. Undefined once it may spend nothing. */
  inHandsOf(till: Id): { readonly minor: Minor; readonly until: EpochMs } | undefined
  /** A person signs other rules. Throws when they cannot be kept. */
  sign(rules: PolicyRules): void
  /** The most that a shown code may have paid by any policy that was out lately. Minor units. */
  mostShownMinor(): Minor
}

const grant = z.strictObject({ till: id, version: z.int().positive(), issuedAt: epochMs, validUntil: epochMs, sliceMinor: z.int().nonnegative() })
const signedRules = z.strictObject({ version: z.int().positive(), rules: policyRules, from: epochMs, until: epochMs })
/** `shop`: the rules of the shop's file when it was read last; another file is a new version. */
const keptSchema = z.strictObject({ v: z.literal(1), shop: z.string(), versions: z.array(signedRules).min(1), grants: z.array(grant) })
type Kept = z.infer<typeof keptSchema>

/** A till may bring what it took alone so long after its policy has ended. */
const COMES_LATE: DurationMs = 30 * DAY
const MAX_VERSIONS = 100

export function createPolicyDesk({ clock, shop, file, denied, standingOf, signer, changed }: PolicyDeskPorts): PolicyDesk {
  let tills: readonly Id[] = []
  let kept = begin()

  function begin(): Kept {
    const { version, ...rules } = shop.policy
    const text = file?.read()
    const before = text === undefined ? undefined : keptSchema.parse(JSON.parse(text))
    const content = JSON.stringify(rules)
    if (before?.shop === content) return before
    const now = clock.now()
    const first = { version: Math.max(version, (before?.versions[0]?.version ?? 0) + 1), rules, from: now, until: now }
    const begun: Kept = { v: 1, shop: content, versions: [first, ...(before?.versions ?? [])].slice(0, MAX_VERSIONS), grants: before?.grants ?? [] }
    file?.write(JSON.stringify(begun))
    return begun
  }

  function keep(next: Partial<Kept>): void {
    const now = clock.now()
    const all = { ...kept, ...next }
    const versions = all.versions.filter(({ until }, at) => at === 0 || now <= until + COMES_LATE).slice(0, MAX_VERSIONS)
    const after: Kept = { ...all, versions, grants: [...livingGrants(all.grants, now)] }
    file?.write(JSON.stringify(after))
    kept = after
  }

  function current(): SignedRules {
    const [newest] = kept.versions
    if (newest === undefined) throw new Error('there is always a policy')
    return newest
  }

  /** With this policy's end, and what it grants. */
  function granted(till: Id, issuedAt: EpochMs, validUntil: EpochMs): Minor | undefined {
    const { version, rules } = current()
    const { storeMinor } = rules
    const living = livingGrants(kept.grants, clock.now())
    const all = tills.includes(till) ? tills : [...tills, till]
    const sliceMinor = storeMinor === undefined ? undefined : sliceFor(living, all, till, storeMinor)
    const [newest, ...older] = kept.versions
    // Of a policy without a slice the till's own cap is the slice, should the store get a cap later.
    const grant = { till, version, issuedAt, validUntil, sliceMinor: sliceMinor ?? rules.offline.perTillMinor }
    keep({
      versions: newest === undefined ? [] : [{ ...newest, until: Math.max(newest.until, validUntil) }, ...older],
      grants: [...joined(living, grant), grant],
    })
    return sliceMinor
  }

  const issuedLast = (till: Id): EpochMs => kept.grants.reduce((last, grant) => (grant.till === till ? Math.max(last, grant.issuedAt) : last), 0)
  /** As they are once every till has a policy by these rules. */
  function slicesFor({ storeMinor }: PolicyRules): readonly Minor[] {
    const weights = tills.map(() => 1)
    return storeMinor === undefined || weights.length === 0 ? weights.map(() => Infinity) : allocate(storeMinor, weights)
  }
  /** All tills', those that are gone included, of what is the most that any living grant of each says. */
  function sumOfMost(living: readonly Grant[], minorOf: (grant: Grant) => Minor): Minor {
    const most = new Map<Id, Minor>()
    for (const grant of living) most.set(grant.till, Math.max(most.get(grant.till) ?? 0, minorOf(grant)))
    return [...most.values()].reduce((sum, minor) => sum + minor, 0)
  }

  return {
    get current() {
      return current()
    },
    get versions() {
      return kept.versions
    },
    sliceOf: (till) => (current().rules.storeMinor === undefined ? undefined : reservedFor(livingGrants(kept.grants, clock.now()), till)),
    worstCase(rules) {
      const worst = worstCaseOf(rules, slicesFor(rules))
      const living = livingGrants(kept.grants, clock.now())
      const capOf = ({ version, sliceMinor }: Grant): Minor =>
        kept.versions.find((signed) => signed.version === version)?.rules.offline.perTillMinor ?? sliceMinor
      // Lanes lend: the slices that are out bound only all tills together.
      const old = Math.min(
        sumOfMost(living, ({ sliceMinor }) => sliceMinor),
        sumOfMost(living, capOf),
      )
      return { ...worst, untilOldEndMinor: Math.max(0, old - worst.lossMinor) }
    },
    signed(till) {
      const { version, rules } = current()
      const now = clock.now()
      // Tills take the one that was issued later, also if this clock was put back.
      const issuedAt = Math.max(now, issuedLast(till) + 1)
      const validUntil = now + rules.validForMs
      const sliceMinor = granted(till, issuedAt, validUntil)
      return encodeSigned(signer(), signedTypes.policy, {
        v: 1,
        version,
        till,
        issuedAt,
        validUntil,
        currency: shop.currency,
        ...termsOf(rules),
        ...(sliceMinor === undefined || rules.storeMinor === undefined ? {} : { storeSlice: { storeMinor: rules.storeMinor, sliceMinor } }),
        ...(rules.risk === undefined ? {} : { risk: { ...rules.risk, ...standingIn(standingOf(till)) } }),
        ...(rules.denyListMaxAgeMs === undefined ? {} : { denyList: { ...denied.reference, maxAgeMs: rules.denyListMaxAgeMs } }),
      })
    },
    setTills(known) {
      tills = [...known].toSorted()
    },
    holds({ till, policy }) {
      if (policy === undefined) return []
      const before = kept.grants
      const after = withoutOlder(before, till, policy)
      if (after.length === before.length) return []
      keep({ grants: [...after] })
      const { storeMinor } = current().rules
      if (storeMinor === undefined) return []
      return tills.filter((other) => sliceFor(livingGrants(kept.grants, clock.now()), tills, other, storeMinor) > newestSlice(kept.grants, other))
    },
    leaveBehind(till, as) {
      keep({ grants: kept.grants.map((grant) => (grant.till === till ? { ...grant, till: as } : grant)) })
    },
    inHandsOf(till) {
      const own = livingGrants(kept.grants, clock.now()).filter((grant) => grant.till === till)
      return own.length === 0 ? undefined : { minor: reservedFor(own, till), until: Math.max(...own.map(({ validUntil }) => validUntil)) }
    },
    sign(rules) {
      const now = clock.now()
      // A hub that was put back to a backup must not use a version again that tills have with other rules: they are seconds, where that is more.
      const version = Math.max(current().version + 1, Math.floor(now / SECOND))
      keep({ versions: [{ version, rules, from: now, until: now }, ...kept.versions] })
      changed()
    },
    mostShownMinor() {
      const now = clock.now()
      const lately = kept.versions.filter(({ until }, at) => at === 0 || now <= until + COMES_LATE)
      return Math.max(...lately.map(({ rules }) => rules.offline.perShownCodeMinor))
    },
  }
}

const standingIn = (standing: TillStanding | undefined) => (standing === undefined ? {} : { standing })

const newestSlice = (grants: readonly Grant[], till: Id): Minor =>
  grants.filter((grant) => grant.till === till).toSorted((a, b) => b.issuedAt - a.issuedAt)[0]?.sliceMinor ?? 0

/** Of one version and slice, the end of the newest is the end of all: older ones say nothing more. A hub signs every few hours, for weeks. */
const joined = (grants: readonly Grant[], next: Grant): readonly Grant[] =>
  grants.filter(
    (grant) => grant.till !== next.till || grant.version !== next.version || grant.sliceMinor !== next.sliceMinor || grant.validUntil > next.validUntil,
  )
