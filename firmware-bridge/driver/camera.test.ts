import { describe, expect, it } from 'vitest'
import { cameraDriver, MAX_USELESS, type CameraEvent } from './camera.ts'
import type { LineEvent, Report } from './machine.ts'

const ean = { text: '9520000000011', aim: ']E0', corrects: false }
const qr = { text: 'pay', aim: '', corrects: true }
const looked = (at: number, ...codes: (typeof ean)[]): CameraEvent => ({ type: 'looked', codes, at })
const unreadable: CameraEvent = { type: 'looked', codes: undefined, at: 0 }
const times = (count: number, event: CameraEvent) => Array.from({ length: count }, () => event)

function run(events: readonly (LineEvent | CameraEvent)[]) {
  const driver = cameraDriver()
  let state = driver.start
  const reports: Report[] = []
  for (const event of events) {
    const step = driver.step(state, event)
    state = step.state
    for (const effect of step.effects) if (effect.type === 'report') reports.push(effect.report)
  }
  return { reports, health: driver.health(state) }
}

describe('a camera', () => {
  it('is absent until its first picture', () => {
    expect(run([]).health).toMatchObject({ state: 'absent', detail: 'not opened yet' })
    expect(run([{ type: 'opened' }]).health.state).toBe('ready')
    expect(run([{ type: 'opened' }, { type: 'closed', why: 'unplugged' }]).health).toMatchObject({ state: 'absent', detail: 'unplugged' })
  })

  it('reports a code of bars at the second picture and one that corrects errors at once, each one time', () => {
    const { reports, health } = run([{ type: 'opened' }, looked(0, ean, qr), looked(100, ean, qr), looked(200, ean, qr)])
    expect(reports).toEqual([
      { type: 'scan', text: 'pay' },
      { type: 'scan', text: '9520000000011', aim: ']E0' },
    ])
    expect(health.counters).toMatchObject({ scans: 2, pictures: 3 })
  })

  it.each([
    ['frozen', { type: 'repeated' } as const, 'not even its noise'],
    ['sending no pictures', unreadable, 'no pictures'],
  ])('is at fault when it is %s, and well again with the next picture', (_, event, detail) => {
    const stuck = [{ type: 'opened' } as const, ...times(MAX_USELESS, event)]
    expect(run(stuck.slice(0, -1)).health.state).toBe('ready')
    expect(run(stuck).health).toMatchObject({ state: 'fault', code: 'device.fault' })
    expect(run(stuck).health.detail).toContain(detail)
    expect(run([...stuck, looked(0)]).health.state).toBe('ready')
  })

  it('counts what went wrong', () => {
    const { reports, health } = run([{ type: 'garbage', bytes: 7 }, { type: 'skipped' }, { type: 'decoder_failed' }])
    expect(reports).toEqual([{ type: 'garbage', bytes: 7 }])
    expect(health.counters).toMatchObject({ garbage_bytes: 7, skipped: 1, decoder_failures: 1 })
  })
})
