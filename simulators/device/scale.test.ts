import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FromBridge, Order, ScaleReading, WeightUnit } from '#protocol/device/messages.ts'
import { startBridgeProcess, type BridgeProcess } from './bridge-process.ts'
import type { ScaleProtocolName } from './scale-protocols.ts'
import { startScale, type SimulatedScale } from './scale.ts'

// Nothing is replaced here: the bridge is its own process, the line a real pseudo-terminal (TCP where there are none), set as the protocol has it (7E1, 7O1, 8N1).

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
vi.setConfig({ testTimeout: 3 * PATIENCE, hookTimeout: 2 * PATIENCE })
const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })

/** Scales stand side by side, since most of what is tested is waiting for a pan to rest; the tests of one take turns at it. */
const SIDE_BY_SIDE = { concurrent: true }
const IN_TURN = { concurrent: false }

/** One bridge and one scale for all tests of a protocol; each begins with an empty pan that rests. */
function counterWith(protocol: ScaleProtocolName, unit: WeightUnit = 'kg') {
  let folder: string
  let scale: SimulatedScale
  let bridge: BridgeProcess
  let orders = 0
  const said = <Type extends FromBridge['type']>(type: Type) =>
    bridge.messages.filter((message): message is Extract<FromBridge, { type: Type }> => message.type === type)
  const readings = (): readonly ScaleReading[] => said('reading').map(({ reading }) => reading)
  const expectHealth = (expected: object) => eventually(() => expect(bridge.health('scale-1')).toMatchObject(expected))
  const shown = (expected: object) => eventually(() => expect(readings().at(-1)).toEqual(expected))
  /** Resolves with the one result. */
  const order = async (what: Order, deadlineMs = 8000) => {
    const id = `order-${++orders}`
    bridge.send({ type: 'order', order: id, what, deadlineMs })
    const results = () => said('order_result').filter((result) => result.order === id)
    await eventually(() => expect(results()).toHaveLength(1))
    const { type: _, order: __, ...result } = results()[0] ?? { type: undefined, order: undefined }
    return result
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stillpoint-scale-'))
    scale = await startScale({ protocol, unit, linkAs: join(folder, 'scale') })
    bridge = await startBridgeProcess(folder, { devices: [{ id: 'scale-1', kind: 'scale', protocol, unit, transport: scale.transport() }] })
  })
  beforeEach(async () => {
    await expectHealth({ state: 'ready' })
    if (readings().length === 0) return
    scale.put(0)
    await shown({ state: 'zero' })
  })
  afterAll(async () => {
    bridge.kill('SIGTERM')
    await bridge.ended
    scale.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    scale: () => scale,
    readings,
    expectHealth,
    shown,
    order,
    weigh: (deadlineMs?: number) => order({ do: 'weigh', unitMinor: 1234 }, deadlineMs),
    garbage: () => said('garbage').reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

const stable = (milli: number, unit: WeightUnit = 'kg'): ScaleReading => ({ state: 'stable', weight: { milli, unit } })

describe.each(['toledo-8217', 'sics', 'cas'] as const)('%s', SIDE_BY_SIDE, (protocol) => {
  const { scale, readings, expectHealth, shown, order, weigh, garbage } = counterWith(protocol)

  it('tells what is put on it once it rests, and nothing twice', IN_TURN, async () => {
    await shown({ state: 'zero' })
    scale().put(750)
    await shown(stable(750))
    scale().put(0)
    await shown({ state: 'zero' })
    // Between rest and rest it moved, and was never stable at a weight that nobody had put on it.
    expect(readings().filter(({ state }) => state === 'stable')).toEqual([stable(750)])
    expect(readings().map(({ state }) => state)).toContain('unstable')
    expect(garbage()).toBe(0)
  })

  it('weighs, and says why it cannot', IN_TURN, async () => {
    scale().put(1235)
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 1235, unit: 'kg' } })
    for (const [milli, state] of [
      [0, 'zero'],
      [16_000, 'over'],
      [-100, 'under'],
    ] as const) {
      scale().put(milli)
      await shown({ state })
      expect(await weigh(500)).toEqual({ result: 'failed', code: `device.scale_${state}` })
    }
  })

  it('is heard through noise, half answers and wrong ones', IN_TURN, async () => {
    scale().put(500)
    await shown(stable(500))
    const from = readings().length
    for (const fault of ['noise', 'half_frame', 'wrong_checksum'] as const) {
      const before = garbage()
      await scale().fault(fault)
      await eventually(() => expect(garbage()).toBeGreaterThan(before))
      expect(await weigh()).toEqual({ result: 'done', weight: { milli: 500, unit: 'kg' } })
    }
    expect(readings().slice(from)).toEqual([])
  })

  it('is zeroed and tared, if it can be', IN_TURN, async () => {
    scale().put(120)
    await shown(stable(120))
    if (protocol === 'cas') return expect(await order({ do: 'tare' })).toEqual({ result: 'failed', code: 'device.unsupported' })
    expect(await order({ do: 'tare' })).toEqual({ result: 'done' })
    expect(scale().tareMilli).toBe(120)
    scale().put(1120)
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 1000, unit: 'kg' } })
    scale().put(0)
    await shown({ state: 'under' })
    expect(await order({ do: 'zero' })).toEqual({ result: 'done' })
    await shown({ state: 'zero' })
    expect(scale().tareMilli).toBe(0)
  })

  it('comes back after its cable was pulled in the middle of an answer', IN_TURN, async () => {
    scale().put(300)
    await shown(stable(300))
    await scale().fault('unplug_mid_frame')
    await expectHealth({ state: 'absent', code: 'device.absent' })
    expect(await weigh(500)).toEqual({ result: 'failed', code: 'device.absent' })
    await scale().replug()
    await expectHealth({ state: 'ready' })
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 300, unit: 'kg' } })
  })
})

describe('dialog-06', SIDE_BY_SIDE, () => {
  const { scale, expectHealth, shown, order, weigh } = counterWith('dialog-06')

  it('tells its weight for a price, and again when nothing has moved', IN_TURN, async () => {
    scale().put(1235)
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 1235, unit: 'kg' } })
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 1235, unit: 'kg' } })
    scale().put(0)
    await shown({ state: 'zero' })
    expect(await weigh(500)).toEqual({ result: 'failed', code: 'device.scale_zero' })
    expect(await order({ do: 'zero' })).toEqual({ result: 'failed', code: 'device.unsupported' })
  })

  it('is a fault while it says nothing, cannot weigh while it only says no, and is well again after', IN_TURN, async () => {
    scale().put(300)
    await shown(stable(300))
    const frozen = scale().fault('frozen')
    await expectHealth({ state: 'fault', code: 'device.timeout' })
    await frozen
    // It may have given another weight while nothing was heard, and gives none twice.
    await expectHealth({ state: 'fault', code: 'device.scale_told' })
    scale().put(0)
    await expectHealth({ state: 'ready' })
    scale().put(300)
    await shown(stable(300))
    const storm = scale().fault('nak_storm')
    expect(await weigh(1500)).toMatchObject({ result: 'failed', code: 'device.timeout' })
    await storm
    scale().put(400)
    expect(await weigh(15_000)).toMatchObject({ result: 'done', weight: { milli: 400 } })
  })
})

describe('in pounds', SIDE_BY_SIDE, () => {
  const { scale, readings, shown, weigh } = counterWith('toledo-8217', 'lb')

  it('weighs', IN_TURN, async () => {
    scale().put(2500)
    expect(await weigh()).toEqual({ result: 'done', weight: { milli: 2500, unit: 'lb' } })
  })

  it('has its zero put right by its zero key after it ran away', IN_TURN, async () => {
    const drift = scale().fault('drifting_zero')
    await eventually(() =>
      expect(
        readings()
          .slice(-2)
          .map(({ state }) => state),
      ).toContain('stable'),
    )
    await drift
    scale().press('zero')
    await shown({ state: 'zero' })
  })
})
