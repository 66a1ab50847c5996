import { z } from 'zod'
import { published, publishedAt, publishedReleases, publish, type Publication } from './publishing.ts'
import { FAILING_SHARE, hasBegun, mustHalt, type Standings } from './staging.ts'
import type { HubKeys } from '../keys.ts'
import type { HubStore } from '../store/hub-store.ts'
import { rolloutActs, type RolloutAct, type RolloutView } from '#protocol/hub-api/fleet.ts'
import type { UpdateManifest } from '#protocol/hub/updates.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

export type RolloutPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly store: HubStore
  readonly keys: Pick<HubKeys, 'signer' | 'keySet'>
  /** The folder of the feed. */
  readonly folder: string
}
type Act = Omit<RolloutAct, 'at' | 'release'> & { readonly forgiven?: number }
type Done = Outcome<null, 'fleet.no_release' | 'fleet.not_possible' | 'till.disk_full'>

/** What tills run next, and who has said so. Only a person lets a release go on that was halted, whoever halted it. */
export interface Rollout {
  view(standings: (release: number) => Standings): Promise<RolloutView | undefined>
  /** Halts the release if too many tills have failed with it. True if it did. */
  watchOver(standings: (release: number) => Standings): Promise<boolean>
  readonly halted: number | undefined
  /** So many of a thousand tills from now on; never fewer than now, since a till does not go back by itself. */
  widen(perMille: number, by: string): Promise<Done>
  halt(by: string, words: string): Promise<Done>
  goOn(standings: (release: number) => Standings, by: string, words: string): Promise<Done>
  /** The files of an earlier release as the next one, for every till: what was taken with it goes back. */
  rollBack(release: number, by: string, words: string): Promise<Done>
}

const ACTS = 'rollout-act/'
const MAX_ACTS = 30
const keptAct = z.strictObject({
  at: epochMs,
  act: z.enum(rolloutActs),
  release: z.int(),
  by: z.string().optional(),
  words: z.string().optional(),
  /** So many tills had failed when somebody let it go on: only others halt it again. */
  forgiven: z.int().optional(),
})

/** Tills take no lower version, whatever is in it. */
const nextVersion = (version: string): string => version.replace(/\d+$/, (patch) => String(Number(patch) + 1))

export function createRollout({ clock, store, keys, folder }: RolloutPorts): Rollout {
  /** A manifest names thousands of files: it is read again when it is another one. */
  let read: { readonly stamp: number; readonly manifest: UpdateManifest | undefined } | undefined
  function now(): UpdateManifest | undefined {
    const stamp = publishedAt(folder)
    if (stamp === undefined) return undefined
    if (read?.stamp !== stamp) read = { stamp, manifest: published(folder) }
    return read.manifest
  }

  async function journal(release: number, revision: number, act: Act): Promise<void> {
    const id = `${ACTS}${String(revision).padStart(8, '0')}`
    // One that is there already is of a change that was never published.
    const [row] = await store.get('documents', [id])
    const body = JSON.stringify({ at: clock.now(), release, ...act })
    await store.commit({ documents: [{ id, version: row?.version ?? 0, dueAt: undefined, body }] })
  }
  async function acts() {
    const rows = await store.documents({ prefix: ACTS, limit: MAX_ACTS, newestFirst: true })
    return rows.map(({ body }) => keptAct.parse(JSON.parse(body)))
  }
  /** The act is written down first: whoever finds a release halted finds who did it. */
  async function change(what: Publication, act: Act): Promise<Done> {
    const before = now()
    if (before === undefined) return fail('fleet.no_release')
    await journal(what.program?.release ?? before.release, before.revision + 1, act)
    const done = publish({ keys, clock }, folder, what)
    return done.ok ? ok(null) : fail('fleet.not_possible', done.detail)
  }

  return {
    async view(standings) {
      const newest = now()
      if (newest === undefined) return undefined
      const { release, version, revision, halted, stages } = newest
      return {
        release,
        version,
        revision,
        halted,
        stages,
        share: FAILING_SHARE,
        standings: standings(release),
        earlier: publishedReleases(folder)
          .filter((one) => one.release < release)
          .map((one) => ({ release: one.release, version: one.version })),
        acts: (await acts()).map(({ forgiven: _, ...act }) => act),
      }
    },
    async watchOver(standings) {
      const newest = now()
      if (newest === undefined || newest.halted || !hasBegun(newest.stages, clock.now())) return false
      const { release } = newest
      const counts = standings(release)
      if (!mustHalt(counts, FAILING_SHARE)) return false
      const letOn = (await acts()).find((one) => one.act === 'wentOn' && one.release === release)
      if (!mustHalt(counts, FAILING_SHARE, letOn?.forgiven)) return false
      const failed = counts.rolledBack + counts.unwell
      const words = `${failed}/${failed + counts.good + counts.trial}`
      return (await change({ halted: true }, { act: 'haltedItself', words })).ok
    },
    get halted() {
      const newest = now()
      return newest?.halted === true ? newest.release : undefined
    },
    async widen(perMille, by) {
      const newest = now()
      if (newest === undefined) return fail('fleet.no_release')
      const open = Math.max(0, ...newest.stages.filter(({ notBefore }) => notBefore <= clock.now()).map((stage) => stage.perMille))
      if (newest.halted || perMille < open) return fail('fleet.not_possible', newest.halted ? 'it is halted' : `${open} of a thousand take part`)
      return await change({ perMille: [perMille], halted: false }, { act: 'widened', by, words: String(perMille) })
    },
    halt: (by, words) => change({ halted: true }, { act: 'halted', by, words }),
    async goOn(standings, by, words) {
      const newest = now()
      if (newest?.halted !== true) return fail('fleet.not_possible', 'it is not halted')
      const { rolledBack, unwell } = standings(newest.release)
      return await change({ halted: false }, { act: 'wentOn', by, words, forgiven: rolledBack + unwell })
    },
    async rollBack(release, by, words) {
      const newest = now()
      const [wanted] = publishedReleases(folder).filter((one) => one.release === release)
      if (newest === undefined || wanted === undefined || release >= newest.release) return fail('fleet.no_release')
      const { entry, files } = wanted
      const program = { release: newest.release + 1, version: nextVersion(newest.version), entry, files, minimum: 0 }
      return await change({ program, perMille: [1000], halted: false }, { act: 'rolledBack', by, words: `${wanted.version}: ${words}` })
    },
  }
}
