import { z } from 'zod'
import { enrolAnswer } from '#protocol/hub/messages.ts'

/** What the drain bench tells its processes, and what they answer. Over Node's IPC, as JSON. */
const hexKey = z.string().regex(/^[0-9a-f]{64}$/)

/** A phone with a funded wallet: `seed` is its own key's. */
export const phone = z.strictObject({ seed: hexKey, wallet: z.string(), credential: z.string() })
export type Phone = z.infer<typeof phone>

export const tillOrder = z.strictObject({
  folder: z.string(),
  till: z.string(),
  seed: hexKey,
  answer: enrolAnswer,
  payments: z.int().positive(),
  phones: z.array(phone).min(1),
})
export type TillOrder = z.infer<typeof tillOrder>

export const order = z.discriminatedUnion('do', [
  /** Writes the journals of these tills, with the payments in them, and ends. */
  z.strictObject({ do: z.literal('fill'), tills: z.array(tillOrder) }),
  /** Opens the till and gets ready. */
  z.strictObject({ do: z.literal('open'), till: tillOrder }),
  z.strictObject({ do: z.literal('go') }),
  /** Accepts payments at this pace until it is told to stop. */
  z.strictObject({ do: z.literal('accept'), folder: z.string(), everyMs: z.int().positive() }),
  z.strictObject({ do: z.literal('stop') }),
])
export type Order = z.infer<typeof order>

/** Times are of the machine (`performance.timeOrigin + performance.now()`), so that those of several processes compare. */
export const answer = z.discriminatedUnion('did', [
  z.strictObject({ did: z.literal('fill') }),
  z.strictObject({ did: z.literal('open') }),
  z.strictObject({ did: z.literal('drain'), firstSentAt: z.number(), lastReceivedAt: z.number(), cpuMs: z.number(), rssMb: z.number() }),
  z.strictObject({ did: z.literal('accept'), times: z.array(z.number()), floors: z.array(z.number()) }),
])
export type Answer = z.infer<typeof answer>

export const machineTime = (): number => performance.timeOrigin + performance.now()
/** Milliseconds of processor time, of all threads of this process. */
export const processorMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}
export const tell = (message: Answer): void => void process.send?.(message)
