import type { DurationMs, Timers } from '#protocol/time.ts'
import type { Act, Refusal } from './contract.ts'
import { sentenceOf, type Step } from './scenario.ts'

export type Played = { readonly done: number; readonly refused: number }

export type PlayOptions = {
  readonly timers: Timers
  /** 2 plays it in half the time. */
  readonly speed: number
  /** Does one act at the counter; answers why it made no sense, if it did not. Rejects when the bench is gone, and so does the playing. */
  perform(act: Act): Promise<Refusal | undefined>
  /** Called after each act. */
  told(step: Step, sentence: string, refusal: Refusal | undefined): void
}

/** Does one step after the other, each not before its time. A refused act is told, and the story goes on: a counter does the same. */
export async function playScenario(steps: readonly Step[], { timers, speed, perform, told }: PlayOptions): Promise<Played> {
  let now: DurationMs = 0
  let refused = 0
  for (const step of steps) {
    const wait = (step.at - now) / speed
    if (wait > 0) await new Promise<void>((resolve) => void timers.after(wait, resolve))
    now = step.at
    const refusal = await perform(step.act)
    if (refusal !== undefined) refused++
    told(step, sentenceOf(step.act), refusal)
  }
  return { done: steps.length - refused, refused }
}

/** Acts at the bench of a running shop. Rejects when nothing answers there, or something else than a bench. */
export const actAtBench =
  (bench: string) =>
  async (act: Act): Promise<Refusal | undefined> => {
    const response = await fetch(new URL('/api/act', bench), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(act) })
    if (response.ok) return undefined
    if (response.status !== 409 && response.status !== 400) throw new Error(`the bench answered ${response.status}`)
    return (await response.json()) as Refusal
  }
