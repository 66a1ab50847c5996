import { describe, expect, it } from 'vitest'
import type { Order } from '#protocol/device/messages.ts'
import type { Effect, LineEvent, OrderEvent } from './machine.ts'
import { ASK_BUSY, ASK_IDLE, MAX_ORDERS, MAX_SILENT, scaleDriver, type ScaleOptions } from './scale.ts'

const bytes = (text: string): LineEvent => ({ type: 'bytes', bytes: Uint8Array.from(text, (sign) => sign.charCodeAt(0)) })
const timer = (name: string): LineEvent => ({ type: 'timer', timer: name })
const opened: LineEvent = { type: 'opened' }
const ask = timer('ask')
const silence = timer('answer')
const order = (id: string, what: Order): OrderEvent => ({ type: 'order', order: id, what, deadline: 5000 })
const weigh = (id: string): OrderEvent => order(id, { do: 'weigh', unitMinor: 1234 })

const EMPTY = bytes('\x0200.000\r')
const KILO = bytes('\x0201.000\r')
const MOTION = bytes('\x02?A\r')

function run(events: readonly (LineEvent | OrderEvent)[], options: ScaleOptions = { protocol: 'toledo-8217', unit: 'kg' }) {
  const driver = scaleDriver(options)
  let state = driver.start
  const effects: Effect[] = []
  for (const event of events) {
    const step = driver.step(state, event)
    state = step.state
    effects.push(...step.effects)
  }
  return {
    health: driver.health(state),
    state,
    reports: effects.flatMap((effect) => (effect.type === 'report' ? [effect.report] : [])),
    sent: effects.flatMap((effect) => (effect.type === 'send' ? [String.fromCharCode(...effect.bytes)] : [])),
    timers: effects.flatMap((effect) => (effect.type === 'startTimer' ? [`${effect.timer} ${effect.after}`] : [])),
  }
}

const reading = (milli: number) => ({ type: 'reading', reading: { state: 'stable', weight: { milli, unit: 'kg' } } })
const shows = (state: string) => ({ type: 'reading', reading: { state } })
const result = (id: string, rest: object) => ({ type: 'order_result', order: id, ...rest })

describe('what a scale shows', () => {
  it('is asked for at once, and told when it changes, not each time', () => {
    const { reports, sent, health } = run([opened, EMPTY, ask, EMPTY, ask, MOTION, ask, KILO, ask, KILO, ask, EMPTY])
    expect(sent).toEqual(Array.from({ length: 6 }, () => 'W'))
    expect(reports).toEqual([shows('zero'), shows('unstable'), reading(1000), shows('zero')])
    expect(health).toMatchObject({ state: 'ready', counters: { readings: 4, opened: 1 } })
  })

  it('is asked for slowly while the scale is empty, and never twice at once', () => {
    expect(run([opened, EMPTY]).timers.at(-1)).toBe(`ask ${ASK_IDLE}`)
    expect(run([opened, KILO]).timers.at(-1)).toBe(`ask ${ASK_BUSY}`)
    expect(run([opened, weigh('a'), weigh('b')]).sent).toEqual(['W'])
  })

  it('is told again after the cable was out', () => {
    expect(run([opened, KILO, { type: 'closed', why: 'unplugged' }, opened, KILO]).reports).toEqual([reading(1000), reading(1000)])
  })

  it('is nothing when it answers to nobody', () => {
    expect(run([KILO, opened, KILO, KILO]).reports).toEqual([reading(1000)])
  })

  it('is refused in another unit than the one that is configured', () => {
    const { reports, health } = run([opened, weigh('a'), bytes('S S      1.000 lb\r\n'), ask, bytes('S S      1.000 lb\r\n')], { protocol: 'sics', unit: 'kg' })
    expect(reports).toEqual([result('a', { result: 'failed', code: 'device.scale_unit' })])
    expect(health).toMatchObject({ state: 'fault', code: 'device.scale_unit', detail: 'it weighs in lb' })
  })
})

describe('a weighing', () => {
  it('waits for the first stable weight', () => {
    const { reports } = run([opened, EMPTY, weigh('a'), EMPTY, ask, MOTION, ask, KILO])
    expect(reports.at(-1)).toEqual(result('a', { result: 'done', weight: { milli: 1000, unit: 'kg' } }))
    expect(reports.filter(({ type }) => type === 'order_result')).toHaveLength(1)
  })

  it('never takes an answer to a question from before it', () => {
    const early = run([opened, weigh('a'), KILO])
    expect(early.reports).toEqual([reading(1000)])
    expect(run([opened, silence, weigh('b'), KILO, timer('deadline:b')]).reports.at(-1)).toMatchObject({ result: 'failed' })
    expect(run([opened, weigh('a'), KILO, ask, bytes('\x0202.000\r')]).reports.at(-1)).toMatchObject({ weight: { milli: 2000 } })
  })

  it.each([
    ['moving', MOTION, 'device.scale_unstable'],
    ['empty', EMPTY, 'device.scale_zero'],
    ['overloaded', bytes('\x02?B\r'), 'device.scale_over'],
    ['below zero', bytes('\x02?D\r'), 'device.scale_under'],
  ])('fails at its deadline while the scale is %s', (_, answer, code) => {
    expect(run([opened, EMPTY, weigh('a'), answer, timer('deadline:a')]).reports.at(-1)).toEqual(result('a', { result: 'failed', code }))
  })

  it('fails when the scale is silent, the cable out or never in', () => {
    expect(run([opened, EMPTY, weigh('a'), silence, timer('deadline:a')]).reports.at(-1)).toMatchObject({ result: 'failed', code: 'device.timeout' })
    expect(run([opened, weigh('a'), { type: 'closed', why: 'unplugged' }]).reports.at(-1)).toMatchObject({ result: 'failed', code: 'device.absent' })
    expect(run([weigh('a')]).reports).toEqual([result('a', { result: 'failed', code: 'device.absent' })])
  })

  it('is answered once, and with the same again when it is ordered again', () => {
    const { reports, sent } = run([opened, KILO, weigh('a'), weigh('a'), KILO, weigh('a'), timer('deadline:a')])
    const results = reports.filter(({ type }) => type === 'order_result')
    expect(results).toHaveLength(2)
    expect(results[0]).toEqual(results[1])
    expect(sent).toEqual(['W', 'W'])
  })

  it('is one of a few that wait', () => {
    const many = Array.from({ length: MAX_ORDERS + 1 }, (_, i) => weigh(`o${i}`))
    expect(run([opened, ...many]).reports).toEqual([result(`o${MAX_ORDERS}`, { result: 'failed', code: 'device.busy' })])
  })
})

describe('zero and tare', () => {
  it('are done, or not, as the scale says', () => {
    const sics = { protocol: 'sics', unit: 'kg' } as const
    const zeroed = [opened, bytes('S S      0.100 kg\r\n'), order('z', { do: 'zero' }), bytes('Z A\r\n')]
    const tared = [...zeroed, order('t', { do: 'tare' }), bytes('T S      0.100 kg\r\n')]
    const { reports, sent } = run([...tared, order('u', { do: 'tare' }), bytes('T I\r\n')], sics)
    expect(sent).toEqual(['SI\r\n', 'Z\r\n', 'T\r\n', 'T\r\n'])
    expect(reports.slice(1)).toEqual([
      result('z', { result: 'done' }),
      result('t', { result: 'done' }),
      result('u', { result: 'failed', code: 'device.scale_unstable' }),
    ])
  })

  it('are done when the scale shows zero, where it does not confirm', () => {
    const { reports, sent } = run([opened, KILO, order('t', { do: 'tare' }), bytes('\x02?`\r'), ask, bytes('\x0200.000N\r')])
    expect(sent).toEqual(['W', 'T', 'W'])
    expect(reports.at(-1)).toEqual(result('t', { result: 'done' }))
  })

  it('are asked for again while the plate moves, and fail for that reason; what was taken is not asked for again', () => {
    const moving = [opened, KILO, order('t', { do: 'tare' }), MOTION, ask, MOTION]
    expect(run(moving).sent).toEqual(['W', 'T', 'T'])
    expect(run([...moving, timer('deadline:t')]).reports.at(-1)).toEqual(result('t', { result: 'failed', code: 'device.scale_unstable' }))
    expect(run([...moving, ask, bytes('\x02?p\r'), ask, bytes('\x0200.000N\r')]).reports.at(-1)).toEqual(result('t', { result: 'done' }))
    expect(run([opened, KILO, order('t', { do: 'tare' }), bytes('\x02?`\r'), ask, MOTION, ask]).sent).toEqual(['W', 'T', 'W', 'W'])
  })

  it('may have been carried out when nobody knows', () => {
    expect(run([opened, EMPTY, order('z', { do: 'zero' }), silence, timer('deadline:z')]).reports.at(-1)).toMatchObject({
      result: 'unknown',
      code: 'device.timeout',
    })
  })

  it.each(['cas', 'dialog-06'] as const)('are not what %s has', (protocol) => {
    expect(run([opened, order('z', { do: 'zero' })], { protocol, unit: 'kg' }).reports).toEqual([result('z', { result: 'failed', code: 'device.unsupported' })])
  })
})

describe('a dialogue', () => {
  const dialog = { protocol: 'dialog-06', unit: 'kg' } as const
  const RESULT = bytes('\x0202\x1b3\x1b01235\x1b001234\x1b001524\x03')

  it('has the price first, then the result', () => {
    const { sent, reports } = run([opened, bytes('\x15'), bytes('\x0209\x1b11\x03'), weigh('a'), bytes('\x06'), RESULT], dialog)
    expect(sent.slice(2)).toEqual(['\x04\x0201\x1b001234\x1b\x03', '\x04\x05'])
    expect(reports).toEqual([reading(1235), result('a', { result: 'done', weight: { milli: 1235, unit: 'kg' } })])
  })

  it('takes the last weight when nothing has moved since', () => {
    const again = [weigh('b'), bytes('\x06'), bytes('\x15'), bytes('\x0209\x1b21\x03')]
    const { reports } = run([opened, bytes('\x06'), RESULT, ...again], dialog)
    expect(reports.at(-1)).toEqual(result('b', { result: 'done', weight: { milli: 1235, unit: 'kg' } }))
  })

  it('with a scale that only refuses comes to an end, and asks it why once', () => {
    const { state, sent } = run([opened, bytes('\x15'.repeat(100))], dialog)
    expect(state.turns).toBeUndefined()
    expect(sent.slice(1)).toEqual(['\x04\x0208\x03'])
  })

  const UNCHANGED = [bytes('\x06'), bytes('\x15'), bytes('\x0209\x1b21\x03')]
  const ANOTHER = bytes('\x0202\x1b3\x1b02000\x1b001234\x1b002468\x03')

  it('knows the weight that came too late for its own question, which is not given again', () => {
    const late = [ask, bytes('\x06'), silence, ANOTHER, ask, ...UNCHANGED]
    const { reports } = run([opened, bytes('\x06'), RESULT, weigh('a'), ...late, ask, ...UNCHANGED], dialog)
    expect(reports.slice(1)).toEqual([reading(2000), result('a', { result: 'done', weight: { milli: 2000, unit: 'kg' } })])
  })

  it.each([
    ['damaged', [bytes('\x0202\x1b3\x1b02#00\x1b001234\x1b002468\x03'), silence]],
    ['never heard', [silence]],
    ['cut off', [{ type: 'closed', why: 'unplugged' } as const, opened, bytes('\x15'), bytes('\x0209\x1b21\x03')]],
  ])('never sells by the weight before one that was %s: the goods have to be lifted', (_, lost) => {
    const weighing = [weigh('a'), bytes('\x15'), bytes('\x0209\x1b21\x03'), ask, ...UNCHANGED, timer('deadline:a')]
    const { reports, health } = run([opened, bytes('\x06'), RESULT, ask, bytes('\x06'), ...lost, ...weighing], dialog)
    expect(reports.at(-1)).toEqual(result('a', { result: 'failed', code: 'device.scale_told' }))
    expect(reports.filter(({ type }) => type === 'reading')).toEqual([reading(1235)])
    // The till has the old reading still, and sells nothing by a scale that is not ready.
    expect(health).toMatchObject({ state: 'fault', code: 'device.scale_told' })
  })
})

describe('silence', () => {
  it('is a fault after a few questions, not after one, and over with the next answer', () => {
    const once = [opened, KILO, ask, silence]
    expect(run([opened]).health).toMatchObject({ state: 'absent', detail: 'connected, has not answered yet' })
    expect(run(once).health.state).toBe('ready')
    const silent = [...once, ...Array.from({ length: MAX_SILENT }, () => [ask, silence]).flat()]
    expect(run(silent).health).toMatchObject({ state: 'fault', code: 'device.timeout' })
    const back = run([...silent, ask, KILO])
    expect(back.health.state).toBe('ready')
    expect(back.reports).toEqual([reading(1000), reading(1000)])
  })

  it('gives half an answer up, so that nothing is glued to the next', () => {
    const { reports } = run([opened, bytes('\x0201.'), silence, ask, KILO])
    expect(reports).toEqual([{ type: 'garbage', bytes: 4 }, reading(1000)])
  })
})
