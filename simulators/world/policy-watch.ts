import { utf8Text } from '#protocol/bytes.ts'
import { parseSign1 } from '#protocol/cose.ts'
import { packed, policySchema, type Policy } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { HOUR, type DurationMs } from '#protocol/time.ts'
import type { GenuineCode } from './customer.ts'
import type { TillMachine } from './till-machine.ts'
import type { Trace } from './trace.ts'

type Grant = { readonly policy: Policy; readonly sliceMinor: Minor; readonly ends: DurationMs }

/** The hub's clock and a till's may each be wrong by an hour when they last agreed. */
const CLOCKS_DIFFER: DurationMs = 3 * HOUR

/** What a till without its hub does by its policy. */
export const policyMoves = [
  'took alone',
  'took by rules that were signed later',
  'took after a step',
  'refused policy.stale',
  'refused policy.too_long_offline',
  'refused policy.clock_doubtful',
  'refused policy.deny_list_stale',
  'refused policy.denied',
  'refused policy.payment_cap',
  'refused policy.instrument_cap',
  'refused policy.till_cap',
  'refused policy.store_cap',
] as const

/**
 * Policies as the hub said them and as they lie on tills' disks (invariants 3 and 10): a till decides by the one on its disk and no other, which the hub has really
 * said to it and which has not ended, has the deny list that it names, and takes nothing that this list has; and the slices in all hands together never exceed
 * the store's cap.
 */
export class PolicyWatch {
  /** Wallets that are denied, and since which version of the list: as the hub has answered. */
  readonly denied = new Map<string, number>()
  readonly everDenied = new Set<string>()
  /** Phones that were reported lost, by their keys, and since which version of the list. */
  readonly lostPhones = new Map<string, number>()
  /** Of `policyMoves`. */
  readonly moves = new Set<string>()
  readonly #trace: Trace
  #version = 0
  #allowedMinor = 0
  readonly #tills = new Map<Id, TillMachine>()
  readonly #grants = new Map<Id, readonly Grant[]>()
  /** Put back to an older disk, with an older policy on it, of which the hub may believe that it is gone. */
  readonly #restored = new Set<Id>()

  constructor(trace: Trace) {
    this.#trace = trace
  }

  add(machine: TillMachine): void {
    this.#tills.set(machine.identity.till, machine)
  }

  restored(machine: TillMachine): void {
    this.#restored.add(machine.identity.till)
  }

  /** The hub tells a till its policy. */
  says(till: Id, bytes: Uint8Array, now: DurationMs): void {
    const policy = policyIn(bytes)
    if (policy === undefined) return this.#trace.violation(10, 'the hub sent a policy that cannot be read')
    const { issuedAt, validUntil, storeSlice, offline } = policy
    const grant: Grant = { policy, sliceMinor: storeSlice?.sliceMinor ?? offline.perTillMinor, ends: now + validUntil - issuedAt }
    if (policy.version > this.#version) {
      this.#version = policy.version
      // What was out when a lower cap was signed may be spent until it ends.
      this.#allowedMinor = Math.max(storeSlice?.storeMinor ?? Infinity, this.#inAllHands(now))
    }
    this.#grants.set(till, [...(this.#grants.get(till) ?? []), grant])
    if (this.#restored.size === 0) this.#checkSum(now)
  }

  /** A till has accepted alone: the policy that it must have gone by, as the hub said it. */
  accepted(machine: TillMachine, version: number, code: GenuineCode | undefined, now: DurationMs): Policy | undefined {
    const policy = policyOn(machine)
    if (policy?.version !== version) {
      this.#trace.violation(10, `${machine.name} accepted by policy ${version}, and has ${policy?.version ?? 'none'} on its disk`)
      return undefined
    }
    const said = this.#grants.get(machine.identity.till)?.find((grant) => grant.policy.version === version && grant.policy.issuedAt === policy.issuedAt)
    if (said === undefined) {
      this.#trace.violation(10, `${machine.name} accepted by a policy of version ${version} that the hub never said to it`)
      return undefined
    }
    if (now > said.ends + CLOCKS_DIFFER)
      this.#trace.violation(10, `${machine.name} accepted by a policy that had ended ${Math.round((now - said.ends) / HOUR)} h ago`)
    this.moves.add('took alone')
    if (version > 1) this.moves.add('took by rules that were signed later')
    const kept = machine.disk.records.get('denied/standing')
    const has = kept === undefined ? 0 : (JSON.parse(kept) as { readonly version: number }).version
    if (has < (policy.denyList?.version ?? 0))
      this.#trace.violation(10, `${machine.name} accepted with version ${has} of the deny list, where its policy wants ${policy.denyList?.version}`)
    const deniedIn = Math.min(this.denied.get(code?.wallet ?? '') ?? Infinity, this.lostPhones.get(code?.phone ?? '') ?? Infinity)
    if (deniedIn <= has) this.#trace.violation(10, `${machine.name} accepted from a wallet that its own deny list has`)
    return said.policy
  }

  #checkSum(now: DurationMs): void {
    const sum = this.#inAllHands(now)
    if (sum > this.#allowedMinor) this.#trace.violation(3, `the slices in all hands add up to ${sum}, and ${this.#allowedMinor} is what the store may have`)
  }

  #inAllHands(now: DurationMs): Minor {
    let sum = 0
    for (const [till, grants] of this.#grants) {
      const machine = this.#tills.get(till)
      const held = machine === undefined ? undefined : policyOn(machine)
      const may = grants.filter(({ ends, policy }) => ends >= now && !(held !== undefined && isOlder(policy, held)))
      sum += may.reduce((most, { sliceMinor }) => Math.max(most, sliceMinor), 0)
    }
    return sum
  }
}

const isOlder = (a: Pick<Policy, 'version' | 'issuedAt'>, b: Pick<Policy, 'version' | 'issuedAt'>): boolean =>
  a.version < b.version || (a.version === b.version && a.issuedAt < b.issuedAt)

function policyOn(machine: TillMachine): Policy | undefined {
  const text = machine.disk.records.get('authority/policy')
  return text === undefined ? undefined : policyIn(packed.bytes(text))
}

function policyIn(bytes: Uint8Array): Policy | undefined {
  const envelope = parseSign1(bytes)
  const read = envelope.ok ? policySchema.safeParse(JSON.parse(utf8Text(envelope.value.payload))) : undefined
  return read?.data
}
