import { z } from 'zod'
import type { Need } from './needs.ts'
import type { DocumentRow } from '../store/documents.ts'
import { deviceKinds } from '#protocol/device/messages.ts'
import { knownError } from '#protocol/errors.ts'
import { needActs, needKinds, type NeedAct, type NeedView } from '#protocol/hub-api/fleet.ts'
import { epochMs, errorCode, id } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'
import { DAY, HOUR, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** What needs a person, as it is kept: what it is, since when, and everything that was done about it. `till` is missing where it is about the whole fleet. */
const keptNeed = z.strictObject({
  till: id.optional(),
  key: z.string(),
  what: z.enum(needKinds),
  since: epochMs,
  device: z.enum(deviceKinds).optional(),
  code: errorCode.optional(),
  release: z.int().optional(),
  call: id.optional(),
  from: z.enum(['cashier', 'shopper']).optional(),
  takenBy: z.string().optional(),
  /** Somebody has said that it is done; it may still be as it was. */
  doneAt: epochMs.optional(),
  /** It is not so any more. */
  endedAt: epochMs.optional(),
  acts: z.array(z.strictObject({ at: epochMs, act: z.enum(needActs), by: z.string().optional(), words: z.string().optional() })),
})
export type KeptNeed = z.infer<typeof keptNeed> & { readonly version: number }

export const NEEDS = 'need/'
export const FLEET = 'fleet'
const MAX_ACTS = 50
/** What is over for so long nobody asks about any more. */
const FORGOTTEN_AFTER: DurationMs = 90 * DAY
/** What somebody called done and still is as it was comes back after this. */
const AGAIN_AFTER: DurationMs = 4 * HOUR

export const needId = (till: Id | undefined, key: string): string => `${till ?? FLEET}/${key}`
export const idOf = ({ till, key }: Pick<KeptNeed, 'till' | 'key'>): string => needId(till, key)

export const readNeed = ({ version, body }: DocumentRow): KeptNeed => ({ ...keptNeed.parse(JSON.parse(body)), version })
export const needRow = ({ version, ...need }: KeptNeed): DocumentRow => ({ id: `${NEEDS}${idOf(need)}`, version, dueAt: undefined, body: JSON.stringify(need) })

export const isOpen = ({ doneAt, endedAt }: KeptNeed): boolean => doneAt === undefined && endedAt === undefined
export const isForgotten = ({ endedAt }: KeptNeed, now: EpochMs): boolean => endedAt !== undefined && now - endedAt > FORGOTTEN_AFTER

const acted = (need: KeptNeed, act: NeedAct): KeptNeed => ({ ...need, acts: [...need.acts, act].slice(-MAX_ACTS) })

/** What has to be written for these rows of one till (or of the fleet) to say what is needed now: what is new, what is over, and what came back. */
export function reconciled(till: Id | undefined, known: readonly KeptNeed[], needed: readonly Need[], now: EpochMs): readonly KeptNeed[] {
  const ended = known
    .filter((need) => need.endedAt === undefined && !needed.some(({ key }) => key === need.key))
    .map((need) => acted({ ...need, endedAt: now }, { at: now, act: 'ended' }))
  const begun = needed.flatMap((need): KeptNeed[] => {
    const before = known.find(({ key }) => key === need.key)
    if (before === undefined) return [{ ...told(need), ...(till !== undefined && { till }), acts: [], version: 0 }]
    if (before.endedAt === undefined && (before.doneAt === undefined || !comesBack(before, now)))
      return before.code === need.code ? [] : [{ ...before, code: need.code }]
    const { takenBy: _, doneAt: __, endedAt: ___, ...rest } = before
    return [acted({ ...rest, ...told(need), ...(before.endedAt === undefined && { since: before.since }) }, { at: now, act: 'again' })]
  })
  return [...ended, ...begun]
}

/** A call that somebody saw to is over, and a release that was refused stays so: nobody need hear of them twice. */
const comesBack = ({ what, doneAt }: KeptNeed, now: EpochMs): boolean =>
  what !== 'help' && what !== 'rolledBack' && doneAt !== undefined && now - doneAt > AGAIN_AFTER

const told = ({ key, what, since, device, code, release, call, from }: Need) => ({
  key,
  what,
  since,
  ...(device && { device }),
  ...(code && { code }),
  ...(release !== undefined && { release }),
  ...(call && { call }),
  ...(from && { from }),
})

/** What a person did about it. Undefined where that is over already, or somebody else's. */
export function afterAct(need: KeptNeed, act: 'take' | 'leave' | 'note' | 'done', by: string, words: string | undefined, now: EpochMs): KeptNeed | undefined {
  if (!isOpen(need)) return undefined
  const said = { at: now, by, ...(words !== undefined && { words }) }
  const { takenBy, ...others } = need
  switch (act) {
    case 'take':
      return takenBy === by ? need : acted({ ...need, takenBy: by }, { ...said, act: 'taken' })
    case 'leave':
      return takenBy === undefined ? need : acted(others, { ...said, act: 'left' })
    case 'note':
      return acted(need, { ...said, act: 'noted' })
    case 'done':
      return acted({ ...need, doneAt: now }, { ...said, act: 'done' })
  }
}

export function needView(need: KeptNeed, nameOf: (till: Id) => string | undefined): NeedView {
  const { till, what, since, device, code, release, from, takenBy, doneAt, endedAt, acts } = need
  const tillName = till && nameOf(till)
  const over = doneAt ?? endedAt
  return {
    id: idOf(need),
    what,
    since,
    acts,
    ...(till && { till }),
    ...(tillName !== undefined && { tillName }),
    ...(device && { device }),
    ...(code !== undefined && { code: knownError(code, 'device.fault') }),
    ...(release !== undefined && { release }),
    ...(from && { from }),
    ...(takenBy !== undefined && { takenBy }),
    ...(over !== undefined && { overAt: over }),
  }
}
