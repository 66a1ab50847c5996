import bwipjs from 'bwip-js/node'
import { beforeAll, describe, expect, it, vi, type TestContext } from 'vitest'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { runCamera } from '../../firmware-bridge/camera/run.ts'
import type { Report } from '../../firmware-bridge/driver/machine.ts'
import { startCamera, type SimulatedCamera } from './camera.ts'

const GTIN = '9520000000011'
let ean: Uint8Array
let qr: Uint8Array

beforeAll(async () => {
  ean = await bwipjs.toBuffer({ bcid: 'ean13', text: GTIN, scale: 2, height: 20, padding: 10, backgroundcolor: 'FFFFFF' })
  qr = await bwipjs.toBuffer({ bcid: 'qrcode', text: 'pay me', scale: 5, padding: 10, backgroundcolor: 'FFFFFF' })
})

async function watch(mode: 'snapshot' | 'mjpeg', { onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const camera = await startCamera({ mode })
  const transport = camera.transport()
  if (transport.type !== 'http') throw new Error('a camera is on the network')
  const reports: Report[] = []
  const device = runCamera(transport, {
    timers: systemTimers,
    clock: systemClock,
    log: () => {},
    around: (line) => line,
    onReport: (report) => reports.push(report),
    onChange: () => {},
    onFailure: (where) => expect.fail(where),
  })
  onTestFinished(() => {
    camera.close()
    device.close()
  })
  const scans = () => reports.flatMap((report) => (report.type === 'scan' ? [{ text: report.text, aim: report.aim }] : []))
  return { camera, device, scans }
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 20 })
const isReady = (device: { health(): { state: string } }) => until(() => expect(device.health().state).toBe('ready'))
const gone = async (camera: SimulatedCamera, device: { health(): { counters: Record<string, number> } }) => {
  await camera.show(undefined)
  const looked = device.health().counters['pictures'] ?? 0
  await until(() => expect(device.health().counters['pictures']).toBeGreaterThan(looked + 20))
}

// Side by side, since most of it is waiting for a camera that does nothing.
describe.each(['snapshot', 'mjpeg'] as const)('a network camera (%s)', { concurrent: true }, (mode) => {
  it('reads what is held before it once, for as long as it is held', async (test) => {
    const { camera, device, scans } = await watch(mode, test)
    await isReady(device)
    await camera.show(ean)
    await until(() => expect(scans()).toEqual([{ text: GTIN, aim: ']E0' }]))
    await camera.show(qr)
    await until(() => expect(scans()).toHaveLength(2))
    await gone(camera, device)
    expect(scans()[1]).toEqual({ text: 'pay me', aim: ']Q1' })
    await camera.show(ean)
    await until(() => expect(scans()).toHaveLength(3))
  }, 40_000)

  it.for(['half_frame', 'garbage'] as const)('survives %s', { timeout: 40_000 }, async (kind, test) => {
    const { camera, device, scans } = await watch(mode, test)
    await isReady(device)
    await camera.fault(kind)
    const { garbage_bytes, unreadable } = device.health().counters
    await until(() => {
      const { state, counters } = device.health()
      expect(state === 'absent' || counters['garbage_bytes'] !== garbage_bytes || counters['unreadable'] !== unreadable).toBe(true)
    })
    await camera.fault('well')
    await camera.show(ean)
    await until(() => expect(scans()).toEqual([{ text: GTIN, aim: ']E0' }]))
  })

  it('says that it is unplugged, locked or frozen, and comes back', async (test) => {
    const { camera, device, scans } = await watch(mode, test)
    await isReady(device)
    camera.unplug()
    await until(() => expect(device.health()).toMatchObject({ state: 'absent', code: 'device.absent' }))
    await camera.replug()
    await isReady(device)
    await camera.fault('unauthorised')
    await until(() => expect(device.health().detail).toContain('user and password'))
    await camera.fault('frozen')
    await until(() => expect(device.health()).toMatchObject({ state: 'fault', code: 'device.fault' }))
    await camera.fault('well')
    await isReady(device)
    await camera.show(ean)
    await until(() => expect(scans()).toHaveLength(1))
  }, 60_000)
})
