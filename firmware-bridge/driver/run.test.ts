import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { LineListener, OpenFailure, Transport } from '../transport/transport.ts'
import { FLOOD_BYTES, FLOOD_REPORTS, TURN_BYTES } from './inbox.ts'
import { absent, NOT_OPENED, type Driver, type LineEvent, type LineState, type Report } from './machine.ts'
import { FIRST_PAUSE, LAST_PAUSE, PROBATION, runDriver, SILENCE_AFTER_CUT } from './run.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

/** Tells each byte as a scan of its own, and breaks at a zero. */
const parrot: Driver<{ readonly line: LineState; readonly heard: number }, LineEvent> = {
  start: { line: NOT_OPENED, heard: 0 },
  step(state, event) {
    if (event.type === 'opened') return { state: { ...state, line: { open: true } }, effects: [{ type: 'startTimer', timer: 'beat', after: 60_000 }] }
    if (event.type === 'closed') return { state: { ...state, line: { open: false, why: event.why } }, effects: [] }
    if (event.type === 'timer') return { state, effects: [] }
    if (event.bytes.includes(0)) throw new Error(`4${'1'.repeat(15)} came`)
    const effects = [...event.bytes].map((byte) => ({ type: 'report' as const, report: { type: 'scan' as const, text: `${byte}` } }))
    return { state: { ...state, heard: state.heard + event.bytes.length }, effects }
  },
  health: ({ line, heard }) => (line.open ? { state: 'ready', counters: { heard } } : absent(line.why, { heard })),
}

function start() {
  const fake = { line: undefined as LineListener | undefined, opens: 0, closes: 0, refuse: undefined as OpenFailure | undefined }
  const transport: Transport = {
    name: 'fake',
    open(listener) {
      fake.opens++
      if (fake.refuse) return Promise.resolve(fail(fake.refuse, 'because'))
      fake.line = listener
      return Promise.resolve(ok({ write: () => {}, waiting: () => 0, close: () => void fake.closes++ }))
    },
  }
  const reports: Report[] = []
  const failures: string[] = []
  const running = runDriver(parrot, {
    transport,
    sliced: true,
    timers: systemTimers,
    onReport: (report) => reports.push(report),
    onChange: () => {},
    onFailure: (where) => failures.push(where),
  })
  return { fake, reports, failures, running, send: (...bytes: number[]) => fake.line?.bytes(Uint8Array.from(bytes)) }
}

const flood = (line: LineListener | undefined) => line?.bytes(new Uint8Array(FLOOD_BYTES + 1).fill(1))

describe('a device that sends without end', () => {
  it('is cut off, says so, and is tried again; when it behaves it is well', async () => {
    const { fake, running, reports, send } = start()
    await vi.advanceTimersByTimeAsync(0)
    flood(fake.line)
    expect(fake.closes).toBe(1)
    expect(running.health()).toMatchObject({ state: 'fault', code: 'device.flooding', counters: { floods: 1 } })
    send(1)
    expect(reports, 'what the line still brings is not heard').toEqual([])

    await vi.advanceTimersByTimeAsync(FIRST_PAUSE)
    expect(fake.opens).toBe(2)
    await vi.advanceTimersByTimeAsync(SILENCE_AFTER_CUT)
    send(7)
    expect(reports).toEqual([{ type: 'scan', text: '7' }])
    expect(running.health()).toMatchObject({ state: 'fault', code: 'device.flooding' })
    await vi.advanceTimersByTimeAsync(PROBATION)
    expect(running.health()).toEqual({ state: 'ready', counters: { heard: 1, floods: 1, restarts: 0 }, down: false })
    running.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not heard again before it has been silent: what is left of a code would be taken for one', async () => {
    const { fake, running, reports, send } = start()
    await vi.advanceTimersByTimeAsync(0)
    flood(fake.line)
    await vi.advanceTimersByTimeAsync(FIRST_PAUSE)
    for (let n = 0; n < 10; n++) {
      send(3, 9, 3, 1)
      await vi.advanceTimersByTimeAsync(SILENCE_AFTER_CUT - 1)
    }
    fake.line?.closed('unplugged')
    await vi.advanceTimersByTimeAsync(SILENCE_AFTER_CUT)
    expect(reports).toEqual([])
    send(3, 1)
    await vi.advanceTimersByTimeAsync(SILENCE_AFTER_CUT)
    send(7)
    expect(reports).toEqual([{ type: 'scan', text: '7' }])
    running.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves nothing in memory that was not read', async () => {
    const { fake, running } = start()
    await vi.advanceTimersByTimeAsync(0)
    const waiting = new Uint8Array(4 * TURN_BYTES).fill(0x34)
    const last = new Uint8Array(FLOOD_BYTES).fill(0x31)
    const late = Uint8Array.of(0x34)
    const first = fake.line
    first?.bytes(waiting)
    first?.bytes(last)
    first?.bytes(late)
    expect([...waiting.subarray(TURN_BYTES), ...last, ...late].filter((byte) => byte !== 0)).toEqual([])
    running.close()
  })

  it('is left alone for longer and longer when it does not stop', async () => {
    const { fake, running } = start()
    await vi.advanceTimersByTimeAsync(0)
    for (let pause = FIRST_PAUSE; pause < 4 * LAST_PAUSE; pause *= 2) {
      const { opens } = fake
      flood(fake.line)
      await vi.advanceTimersByTimeAsync(Math.min(pause, LAST_PAUSE) - 1)
      expect(fake.opens).toBe(opens)
      await vi.advanceTimersByTimeAsync(1)
      expect(fake.opens).toBe(opens + 1)
    }
    running.close()
  })

  it('is cut off for too many messages, too, however few bytes they take', async () => {
    const { fake, running, reports } = start()
    await vi.advanceTimersByTimeAsync(0)
    // Within one window, in which timers run.
    for (let n = 0; n <= FLOOD_REPORTS; n += 100) {
      fake.line?.bytes(new Uint8Array(100).fill(1))
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(reports).toHaveLength(FLOOD_REPORTS)
    expect(running.health()).toMatchObject({ state: 'fault', code: 'device.flooding' })
    running.close()
  })
})

describe('a driver that throws', () => {
  it('is started afresh on a fresh line; what it was reading is told to nobody', async () => {
    const { fake, running, failures, send, reports } = start()
    await vi.advanceTimersByTimeAsync(0)
    send(1, 2)
    send(0)
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatch(/^Error at .*run\.test\.ts/)
    expect(failures[0]).not.toContain('4111')
    expect(running.health()).toMatchObject({ state: 'fault', code: 'device.fault', counters: { heard: 0, restarts: 1 } })
    expect(fake.closes).toBe(1)

    await vi.advanceTimersByTimeAsync(FIRST_PAUSE + SILENCE_AFTER_CUT)
    send(3)
    await vi.advanceTimersByTimeAsync(PROBATION)
    expect(reports.map((report) => report.type === 'scan' && report.text)).toEqual(['1', '2', '3'])
    expect(running.health()).toMatchObject({ state: 'ready', counters: { heard: 1, restarts: 1 } })
    running.close()
  })
})

it('has no error before the first try to open its line', async () => {
  const { running } = start()
  expect(running.health()).toMatchObject({ state: 'absent', detail: 'not opened yet', down: false })
  await vi.advanceTimersByTimeAsync(0)
  expect(running.health()).toMatchObject({ state: 'ready', down: false })
  running.close()
})

it('says why a line cannot be opened in the words of its transport', async () => {
  const { fake, running } = start()
  fake.refuse = 'device.in_use'
  await vi.advanceTimersByTimeAsync(0)
  fake.line?.closed('unplugged')
  await vi.advanceTimersByTimeAsync(100)
  expect(running.health()).toMatchObject({ state: 'absent', code: 'device.in_use', detail: 'because', down: true })
  fake.refuse = undefined
  await vi.advanceTimersByTimeAsync(1000)
  expect(running.health()).toMatchObject({ state: 'ready' })
  running.close()
})
