import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Timers } from '#protocol/time.ts'
import { fakeCounter } from './fake-ports.ts'
import { actAtBench, playScenario } from './scenario-play.ts'
import { parseScenario, type Step } from './scenario.ts'
import { startBench } from './server.ts'

const waits: number[] = []
const instantly: Timers = {
  after(delay, run) {
    waits.push(delay)
    queueMicrotask(run)
    return () => {}
  },
}

function read(text: string): readonly Step[] {
  const parsed = parseScenario(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.steps
}

it('waits for the time of each step, faster if asked to', async () => {
  waits.length = 0
  const steps = read('at 2 s scan 1\nat 2 s scan 2\nat 5 s scan 3')
  const told: string[] = []
  const played = await playScenario(steps, {
    timers: instantly,
    speed: 10,
    perform: () => Promise.resolve(undefined),
    told: (_, sentence) => told.push(sentence),
  })
  expect([waits, told, played]).toEqual([[200, 300], ['scan 1', 'scan 2', 'scan 3'], { done: 3, refused: 0 }])
})

it('plays an example at a bench, and tells what was refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stillpoint-play-'))
  const counter = fakeCounter()
  const bench = await startBench(counter.ports, { pages: { bench: folder, wallet: folder } })
  try {
    const steps = read(`${readFileSync(join(import.meta.dirname, 'scenarios/everything-breaks.txt'), 'utf8')}\nat 10 min the scale fails: levitation`)
    const refusals: string[] = []
    const played = await playScenario(steps, {
      timers: instantly,
      speed: 1000,
      perform: actAtBench(bench.url),
      told: (_step, _sentence, refusal) => refusal !== undefined && refusals.push(refusal.say),
    })
    expect(played.done + played.refused).toBe(steps.length)
    expect(refusals.at(-1)).toContain('no fault “levitation”')
    expect(counter.asked).toContain('paper out')
  } finally {
    await bench.close()
    await rm(folder, { recursive: true })
  }
})

it('ends when the bench is gone', async () => {
  await expect(
    playScenario(read('at 0 s scan 1'), { timers: instantly, speed: 1, perform: actAtBench('http://127.0.0.1:1/'), told: () => {} }),
  ).rejects.toThrow('fetch failed')
})
