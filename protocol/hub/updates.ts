import { z } from 'zod'
import { epochMs, hash } from '../journal/entry.ts'
import type { Crypto } from '../crypto.ts'
import type { Id } from '../ids.ts'
import { utf8 } from '../bytes.ts'
import type { EpochMs } from '../time.ts'

/** Of a till's program, all files together. */
export const MAX_UPDATE_BYTES = 4 * 1024 * 1024 * 1024
const MAX_FILES = 20_000

/** Forward slashes, no way out of the folder, nothing hidden at its top, and nothing that Windows would take for something else. */
const path = z
  .string()
  .max(300)
  .regex(/^(?:[A-Za-z0-9@_][A-Za-z0-9@_. +,()[\]-]*\/|\.[A-Za-z0-9][A-Za-z0-9_.-]*\/)*[A-Za-z0-9@_.][A-Za-z0-9@_. +,()[\]-]*$/)
  .refine((text) => text.split('/').every((part) => !/^\.+$/.test(part) && !/[. ]$/.test(part)), 'a path that stays inside')

/**
 * What tills run next: signed by the hub's policy key (`sp.update`). Releases are numbered, and no till goes back by itself; `revision` numbers what was signed, so
 * that nobody who kept a manifest can undo a later one. `stages` say how many of a thousand tills take part, and from when: later stages hold more of them, and the
 * same ones. `halted`: nobody begins with it any more; who runs it stays.
 */
export const updateSchema = z
  .strictObject({
    v: z.literal(1),
    revision: z.int().positive(),
    release: z.int().positive(),
    version: z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
    /** A till with an older release has to take another one before. */
    minimum: z.int().nonnegative(),
    /** What is started, one of `files`. */
    entry: path,
    files: z
      .array(z.strictObject({ path, bytes: z.int().nonnegative(), sha256: hash }))
      .min(1)
      .max(MAX_FILES),
    stages: z
      .array(z.strictObject({ perMille: z.int().min(1).max(1000), notBefore: epochMs }))
      .min(1)
      .max(20),
    halted: z.boolean(),
  })
  .refine(({ files, entry }) => files.some((file) => file.path === entry), 'the entry is one of the files')
  .refine(({ files }) => new Set(files.map((file) => file.path.toLowerCase())).size === files.length, 'no file twice')
  .refine(({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= MAX_UPDATE_BYTES, 'too large')
export type UpdateManifest = z.infer<typeof updateSchema>

/** From 0 to 999, evenly spread, and another one in each release, so that it is not always the same tills that go first. */
export function stageBucket(crypto: Pick<Crypto, 'sha256'>, till: Id, release: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = crypto.sha256(utf8(`${release} ${till}`))
  return (((a * 256 + b) * 256 + c) * 256 + d) % 1000
}

/** Whether it is this till's turn. */
export function isTurnOf(crypto: Pick<Crypto, 'sha256'>, { release, stages }: Pick<UpdateManifest, 'release' | 'stages'>, till: Id, now: EpochMs): boolean {
  const bucket = stageBucket(crypto, till, release)
  return stages.some(({ perMille, notBefore }) => bucket < perMille && now >= notBefore)
}
