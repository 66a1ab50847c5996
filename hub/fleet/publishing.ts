import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HubKeys } from '../keys.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { updateSchema, type UpdateManifest } from '#protocol/hub/updates.ts'
import { utf8Text } from '#protocol/bytes.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type Clock } from '#protocol/time.ts'

/** `program`: another release than the one that is published. `perMille`: so many of a thousand tills, each a day after the one before. */
export type Publication = {
  readonly program?: Pick<UpdateManifest, 'release' | 'version' | 'entry' | 'minimum' | 'files'>
  readonly perMille?: readonly number[]
  readonly halted: boolean
}

/** Signs what tills run next and puts it, with the hub's keys, into the folder of the feed, in which the files are already. Releases only grow. */
export function publish(
  { keys, clock }: { readonly keys: Pick<HubKeys, 'signer' | 'keySet'>; readonly clock: Pick<Clock, 'now'> },
  to: string,
  { program, perMille, halted }: Publication,
): Outcome<UpdateManifest, 'wire.malformed'> {
  const before = published(to)
  const base = program ?? before
  if (base === undefined) return fail('wire.malformed', `nothing is published in ${to}`)
  if (program !== undefined && before !== undefined && program.release <= before.release)
    return fail('wire.malformed', `release ${before.release} is published: take a higher number`)
  const now = clock.now()
  const fresh = (perMille ?? [1000]).map((many, index) => ({ perMille: many, notBefore: now + index * DAY }))
  const { release, version, entry, minimum, files } = base
  const stages = program === undefined && perMille === undefined ? (before?.stages ?? fresh) : fresh
  const manifest = updateSchema.safeParse({ v: 1, revision: (before?.revision ?? 0) + 1, release, version, minimum, entry, files, stages, halted })
  if (!manifest.success) return fail('wire.malformed', manifest.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
  mkdirSync(to, { recursive: true })
  const signed = encodeSigned(keys.signer('policy'), signedTypes.update, manifest.data)
  put(join(to, 'keys'), keys.keySet())
  // Kept, so that somebody can go back to what ran before.
  mkdirSync(join(to, EARLIER), { recursive: true })
  put(join(to, EARLIER, String(release)), signed)
  put(join(to, 'update'), signed)
  return ok(manifest.data)
}

/** Whoever fetches it meanwhile gets the one before or this one. */
function put(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes)
  renameSync(`${path}.new`, path)
}

const EARLIER = 'earlier'

/** As this hub signed it; tills look at the signature, this folder is the hub's own. `release`: an earlier one. */
export function published(to: string, release?: number): UpdateManifest | undefined {
  const path = release === undefined ? join(to, 'update') : join(to, EARLIER, String(release))
  const envelope = existsSync(path) ? parseSign1(readFileSync(path)) : undefined
  return envelope?.ok === true ? updateSchema.parse(JSON.parse(utf8Text(envelope.value.payload))) : undefined
}

/** Another number after each publication; undefined before the first. */
export const publishedAt = (to: string): number | undefined => statSync(join(to, 'update'), { throwIfNoEntry: false })?.mtimeMs

/** What was published here and is still there, the newest first. */
export function publishedReleases(to: string): readonly UpdateManifest[] {
  const folder = join(to, EARLIER)
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[1-9]\d*$/.test(name)) : []
  return names
    .map(Number)
    .toSorted((one, other) => other - one)
    .flatMap((release) => published(to, release) ?? [])
}
