import { describe, expect, it } from 'vitest'
import type { Effect, LineEvent } from './machine.ts'
import { scannerDriver, SILENT_BEAT } from './scanner.ts'

const bytes = (text: string): LineEvent => ({ type: 'bytes', bytes: new TextEncoder().encode(text) })
const beat: LineEvent = { type: 'timer', timer: 'beat' }

function run(events: readonly LineEvent[]) {
  const driver = scannerDriver('line')
  let state = driver.start
  const effects: Effect[] = []
  for (const event of events) {
    const step = driver.step(state, event)
    state = step.state
    effects.push(...step.effects)
  }
  const reports = effects.flatMap((effect) => (effect.type === 'report' ? [effect.report] : []))
  return { health: driver.health(state), reports, last: effects.at(-1) }
}

describe('a scanner', () => {
  it('is absent until its line opens, and says why', () => {
    expect(run([]).health).toMatchObject({ state: 'absent', code: 'device.absent', detail: 'not opened yet' })
    expect(run([{ type: 'closed', why: 'no such file' }]).health.detail).toBe('no such file')
    expect(run([{ type: 'opened' }]).health).toEqual({ state: 'ready', counters: { scans: 0, garbage_bytes: 0, opened: 1 } })
  })

  it('drops a frame that stays unfinished through two silent beats, so that nothing is glued to the next one', () => {
    const { reports, health } = run([{ type: 'opened' }, bytes('40063'), beat, beat, bytes('5012345678900\r')])
    expect(reports).toEqual([
      { type: 'garbage', bytes: 5 },
      { type: 'scan', text: '5012345678900' },
    ])
    expect(health.counters).toEqual({ scans: 1, garbage_bytes: 5, opened: 1 })
  })

  it('does not drop a slow frame: a byte between two beats starts the count again', () => {
    expect(run([{ type: 'opened' }, bytes('400'), beat, bytes('6'), beat, bytes('\r')]).reports).toEqual([{ type: 'scan', text: '4006' }])
  })

  it('waits for the rest of a frame only while there is one', () => {
    expect(run([{ type: 'opened' }, bytes('40063')]).last).toEqual({ type: 'startTimer', timer: 'beat', after: SILENT_BEAT })
    expect(run([{ type: 'opened' }, bytes('40063\r')]).last).toEqual({ type: 'stopTimer', timer: 'beat' })
  })

  it('glues nothing together across an unplugged cable', () => {
    const { reports } = run([{ type: 'opened' }, bytes('40063'), { type: 'closed', why: 'unplugged' }, { type: 'opened' }, bytes('81333931\r')])
    expect(reports).toEqual([
      { type: 'garbage', bytes: 5 },
      { type: 'scan', text: '81333931' },
    ])
  })
})
