import { systemTimers } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { Random } from '../world/random.ts'
import type { RestartedProcess } from './restarted-process.ts'
import type { RoughLine } from './rough-line.ts'

/** Something that can be killed, and when it is in the middle of something. */
export type Victim = {
  readonly process: RestartedProcess
  readonly weight: number
  /** Calls back once, the next time that it has something to write or to hand on. */
  nextWrite(then: () => void): void
}

/** `starting`: and once more while it comes up again. `writing`: just when it has got something to store. */
const kinds = { any: 3, writing: 4, starting: 2 } as const
const GAP = { least: 200, most: 2600 }
const START_TAKES: DurationMs = 1200
const WRITE_TAKES: DurationMs = 12
const PATIENCE: DurationMs = 4 * SECOND
const FAULT_GAP = { least: 300, most: 3000 }
const STALL = { least: 100, most: 4000 }

const pause = (delay: DurationMs): Promise<void> => new Promise((done) => void systemTimers.after(delay, done))
/** False when nothing happened in time. */
const happens = (wait: (then: () => void) => void): Promise<boolean> =>
  new Promise((done) => {
    systemTimers.after(PATIENCE, () => done(false))
    wait(() => done(true))
  })

/** Sends `kills` SIGKILLs, one after the other, each to a process that runs. */
export async function killMany(victims: readonly Victim[], kills: number, random: Random, told: (done: number, what: string) => void): Promise<void> {
  const weights = Object.fromEntries(victims.map(({ process, weight }) => [process.name, weight]))
  let done = 0
  const kill = ({ process }: Victim, kind: string): void => {
    if (done < kills && process.kill()) told(++done, `${process.name} (${kind})`)
  }
  while (done < kills) {
    await pause(random.between(GAP.least, GAP.most))
    const name = random.weighted(weights)
    const victim = victims.find((one) => one.process.name === name)
    if (victim === undefined) continue
    const kind = random.weighted(kinds)
    if (kind === 'writing' && (await happens(victim.nextWrite))) await pause(random.real() * WRITE_TAKES)
    kill(victim, kind)
    if (kind !== 'starting' || !(await happens(victim.process.nextStart))) continue
    await pause(random.between(0, START_TAKES))
    kill(victim, kind)
  }
}

/** Lets lines misbehave until it is stopped; then they are whole. */
export function spoilLines(lines: readonly RoughLine[], random: Random): { stop(): Promise<void> } {
  let spoiling = true
  const working = (async () => {
    while (spoiling) {
      await pause(random.between(FAULT_GAP.least, FAULT_GAP.most))
      const line = random.pick(lines)
      const fault = random.pick(['cut', 'truncate', 'stall'] as const)
      line[fault]()
      if (fault !== 'cut') await pause(random.between(STALL.least, STALL.most))
      line.flow()
    }
  })()
  return {
    stop: () => {
      spoiling = false
      return working
    },
  }
}
