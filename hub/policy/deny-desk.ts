import { z } from 'zod'
import { base64url, hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { encodeSigned, MAX_CHUNK_BYTES } from '#protocol/hub/messages.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import type { DenyListReference } from '#protocol/policy/bundle.ts'
import { deniedKinds, DenyList, encodeFingerprints, fingerprintOf, type DeniedName } from '#protocol/policy/deny-list.ts'
import { MAX_CHANGED, type DenyMessage } from '#protocol/policy/deny-messages.ts'
import { DAY, SECOND, type Clock, type EpochMs } from '#protocol/time.ts'

/** What was blocked and let go of, one change a line, the oldest first; only ever added to. Without one a hub forgets it when it ends. */
export type DenyLog = {
  read(): readonly string[]
  /** Durable when it returns. */
  append(line: string): void
}

export type DenyDeskPorts = {
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly clock: Pick<Clock, 'now'>
  readonly log?: DenyLog | undefined
  signer(): Signer
}

export type DeniedEntry = DeniedName & { readonly reason: string; readonly at: EpochMs; readonly version: number }

/** What may not pay any more, as this hub keeps it and tells its tills. */
export interface DenyDesk {
  readonly version: number
  readonly reference: Omit<DenyListReference, 'maxAgeMs'>
  /** When it was denied; undefined: it is not. */
  deniedAt(name: DeniedName): EpochMs | undefined
  has(fingerprint: number): boolean
  /** The newest first. */
  newest(limit: number): readonly DeniedEntry[]
  /** One version more, unless all of them are denied already. Throws when it cannot be kept. */
  deny(names: readonly DeniedName[], reason: string): boolean
  /** Found again, or denied by mistake. */
  allow(name: DeniedName, reason: string): boolean
  /** For a till that has this version; 0 for one that has none. */
  messageFor(version: number): Uint8Array
  /** A part of the whole list, by its hash. */
  chunk(hash: string): Uint8Array | undefined
}

const name = { kind: z.enum(deniedKinds), id: z.string().min(1).max(200) }
export const deniedName = z.strictObject(name)
const change = z.strictObject({
  v: z.literal(1),
  version: z.int().positive(),
  at: epochMs,
  reason: z.string().max(200),
  deny: z.array(deniedName).optional(),
  allow: z.array(deniedName).optional(),
})
type Change = z.infer<typeof change>
type Delta = { readonly version: number; readonly from: number; readonly added: Float64Array; readonly removed: Float64Array }

/** A till that has not been heard of for longer than so many changes gets the list whole. */
const KEPT_DELTAS = 1000
/** Fingerprints of a part: four bytes each are the most that is likely. */
const PER_CHUNK = Math.floor(MAX_CHUNK_BYTES / 6)

export function createDenyDesk({ crypto, clock, log, signer }: DenyDeskPorts): DenyDesk {
  const names = new Map<string, DeniedEntry & { readonly fingerprint: number }>()
  let list = DenyList.empty
  /** The first is empty, so that a till can say that it has it. */
  let version = 1
  let check = list.check
  let deltas: readonly Delta[] = []
  let whole: readonly { readonly hash: string; readonly bytes: Uint8Array }[] | undefined

  /** What a change does to the fingerprints: two names may have one, which stays as long as either of them. */
  function take({ version: next, at, reason, deny = [], allow = [] }: Change): Omit<Delta, 'from'> {
    for (const denied of deny) names.set(keyOf(denied), { ...denied, reason, at, version: next, fingerprint: fingerprintOf(crypto, denied) })
    const gone = new Set<number>()
    for (const allowed of allow) {
      const entry = names.get(keyOf(allowed))
      names.delete(keyOf(allowed))
      if (entry !== undefined) gone.add(entry.fingerprint)
    }
    if (gone.size > 0) for (const { fingerprint } of names.values()) gone.delete(fingerprint)
    const added = DenyList.of(deny.map((denied) => fingerprintOf(crypto, denied))).fingerprints
    return { version: next, added, removed: DenyList.of(gone).fingerprints }
  }

  function load(): void {
    for (const line of log?.read() ?? []) {
      const made = change.parse(JSON.parse(line))
      const delta = take(made)
      deltas = [...deltas, { ...delta, from: version }].slice(-KEPT_DELTAS)
      version = made.version
    }
    list = DenyList.of([...names.values()].map(({ fingerprint }) => fingerprint))
    check = list.check
  }
  load()

  /** A hub that was put back to a backup must not use a version again that tills have with other names: they are seconds, where that is more. */
  function make(made: Pick<Change, 'deny' | 'allow' | 'reason'>): void {
    const at = clock.now()
    const next: Change = { v: 1, version: Math.max(version + 1, Math.floor(at / SECOND)), at, ...made }
    log?.append(JSON.stringify(next))
    const delta = take(next)
    deltas = [...deltas, { ...delta, from: version }].slice(-KEPT_DELTAS)
    list = list.changed(delta.added, delta.removed)
    version = next.version
    check = list.check
    whole = undefined
  }

  /** What changed since; undefined where that is not known any more, or more than the list itself. */
  function since(had: number): Pick<Delta, 'added' | 'removed'> | undefined {
    const first = deltas.findIndex(({ from }) => from === had)
    if (had === 0 || first === -1) return undefined
    const [added, removed] = [new Set<number>(), new Set<number>()]
    for (const delta of deltas.slice(first)) {
      for (const fingerprint of delta.added) added.add(fingerprint)
      for (const fingerprint of delta.removed) added.delete(fingerprint)
      for (const fingerprint of delta.added) removed.delete(fingerprint)
      for (const fingerprint of delta.removed) removed.add(fingerprint)
    }
    if (added.size + removed.size > MAX_CHANGED) return undefined
    return { added: DenyList.of(added).fingerprints, removed: DenyList.of(removed).fingerprints }
  }

  function chunks(): NonNullable<typeof whole> {
    if (whole !== undefined) return whole
    const { fingerprints } = list
    whole = Array.from({ length: Math.ceil(list.size / PER_CHUNK) }, (_, at) => {
      const bytes = encodeFingerprints(fingerprints.subarray(at * PER_CHUNK, (at + 1) * PER_CHUNK))
      return { hash: hex(crypto.sha256(bytes)), bytes }
    })
    return whole
  }

  function contentFor(had: number): DenyMessage['content'] {
    if (had === version) return { type: 'confirmed' }
    const delta = since(had)
    if (delta === undefined) return { type: 'whole', chunks: chunks().map(({ hash }) => hash) }
    return { type: 'delta', from: had, added: base64url(encodeFingerprints(delta.added)), removed: base64url(encodeFingerprints(delta.removed)) }
  }

  return {
    get version() {
      return version
    },
    get reference() {
      return { version, size: list.size, check }
    },
    deniedAt: (denied) => names.get(keyOf(denied))?.at,
    has: (fingerprint) => list.has(fingerprint),
    newest: (limit) =>
      [...names.values()]
        .toSorted((a, b) => b.version - a.version)
        .slice(0, limit)
        .map(({ fingerprint: _, ...entry }) => entry),
    deny(denied, reason) {
      const fresh = denied.filter((one) => !names.has(keyOf(one)))
      if (fresh.length > 0) make({ deny: fresh.map(({ kind, id }) => ({ kind, id })), reason })
      return fresh.length > 0
    },
    allow(denied, reason) {
      const isThere = names.has(keyOf(denied))
      if (isThere) make({ allow: [{ kind: denied.kind, id: denied.id }], reason })
      return isThere
    },
    messageFor(had) {
      // A till has a later one: this hub was put back to a backup. What it has now becomes the newest again.
      if (had > version && had <= (clock.now() + DAY) / SECOND) make({ reason: 'this hub was put back to a backup' })
      return encodeSigned(signer(), signedTypes.deny, { v: 1, version, size: list.size, check, issuedAt: clock.now(), content: contentFor(had) })
    },
    chunk: (hash) => chunks().find((chunk) => chunk.hash === hash)?.bytes,
  }
}

const keyOf = ({ kind, id }: DeniedName): string => `${kind}:${id}`
