import { z } from 'zod'
import { deviceKinds, deviceStates } from '../device/messages.ts'
import { epochMs, errorCode, id } from '../journal/entry.ts'
import { HOUR, MINUTE, SECOND, type DurationMs } from '../time.ts'

/** How often a till says how it is although nothing has changed, and the least time between two reports of one till, however much changes. */
export const REPORT_EVERY: DurationMs = MINUTE
export const REPORT_GAP: DurationMs = 2 * SECOND
/** What the fields below can come to, envelope included; what is longer is nobody's report. */
export const MAX_HEALTH_BYTES = 12 * 1024

const count = z.int().nonnegative()
const version = z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/)

/** Somebody at the till asks for a person. It stays in the reports until it is taken back or the hub has said that it is over. */
export const helpCall = z.strictObject({ id, at: epochMs, from: z.enum(['cashier', 'shopper']) })
export type HelpCall = z.infer<typeof helpCall>

/**
 * What runs here, and what became of others: `trial` has yet to show that it does; `waiting` is whole on the disk until nobody is served; `refused` were tried and
 * did not come up, the newest last.
 */
export const updateStage = z.strictObject({
  release: count,
  trial: z.boolean(),
  waiting: count.optional(),
  refused: z.array(z.strictObject({ release: count, why: z.string().max(200) })).max(5),
})
export type UpdateStage = z.infer<typeof updateStage>

/**
 * Till → hub, over `health`, signed by the till: how it is. No person is named in it and no payment; what devices call themselves is left out but for their kind.
 * A later report takes the place of an earlier one: `launch` is drawn at each start of the till and `n` counts its reports, so that one that was held back or is
 * sent again is told apart, whatever the till's clock says.
 */
export const healthSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  launch: z.string().regex(/^[0-9a-f]{16}$/),
  n: z.int().positive(),
  /** By the till's clock. */
  at: epochMs,
  upMs: count,
  versions: z.strictObject({ app: version, store: count, policy: count.optional(), catalogue: count.optional(), denied: count }),
  /** `offMs`: the machine's clock against the till's, which goes by the hub: positive when the machine is ahead. */
  clock: z.strictObject({ offMs: z.int(), doubtful: z.boolean() }),
  disk: z.strictObject({ freeBytes: count, allBytes: count }).optional(),
  /** `entries`: in the epoch that is written now. `waiting`: not safe at the hub; since the oldest of them, where it is a payment. */
  journal: z.strictObject({ epoch: z.int().positive(), entries: count, waiting: count, oldestAt: epochMs.optional() }),
  devices: z.array(z.strictObject({ kind: z.enum(deviceKinds), state: z.enum(deviceStates), code: errorCode.optional(), since: epochMs })).max(32),
  /** The last that a person was told, newest last. */
  errors: z.array(z.strictObject({ code: errorCode, at: epochMs })).max(10),
  /** Why nothing can be sold. */
  blocked: errorCode.optional(),
  update: updateStage.optional(),
  help: helpCall.optional(),
  /** The last word of a till that is switched off on purpose. */
  leaving: z.literal(true).optional(),
})
export type Health = z.infer<typeof healthSchema>

/**
 * Hub → till, over `watch`, retained: it wants to hear how the till is, which says nothing before it has heard this, since an older hub's broker would not let it.
 * `rekeyBefore`: somebody wants a key that was certified before this to be replaced now. `call`: what became of the last call for help. `heard`: it is on a screen; `taken`: somebody has said that he sees to it.
 */
export const watchSchema = z.strictObject({
  v: z.literal(1),
  till: id,
  everyMs: z.int().min(REPORT_GAP).max(HOUR),
  rekeyBefore: epochMs.optional(),
  call: z.strictObject({ id, state: z.enum(['heard', 'taken', 'over']) }).optional(),
  hubTime: epochMs,
})
export type Watch = z.infer<typeof watchSchema>
