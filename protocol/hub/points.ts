import { z } from 'zod'
import { epochMs, id, MAX_POINTS } from '../journal/entry.ts'

/** A till asks, over `up`, how many points a customer has. Asked only when the hub has settled all that this till wrote: the answer then counts all of it. */
export const pointsAskedSchema = z.strictObject({ v: z.literal(1), till: id, customer: id })

/** The hub's answer, over `down/points`. Below zero when more was spent at tills that could not ask than there was. */
export const pointsSchema = z.strictObject({ v: z.literal(1), till: id, customer: id, points: z.int().min(-MAX_POINTS).max(MAX_POINTS), hubTime: epochMs })
export type PointsAnswer = z.infer<typeof pointsSchema>
