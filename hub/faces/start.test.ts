import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import { startFaces } from './start.ts'

const shop = { merchant: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', wallet: 'ab'.repeat(16) }

test('the hub starts it, asks it, and starts it again when it has died; until then nobody pays by face', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faces-'))
  const warned: string[] = []
  const faces = startFaces({ folder, currency: 'EUR', timers: { after: (_delay, run) => systemTimers.after(0, run) }, warn: (line) => void warned.push(line) })
  try {
    // It has not begun to listen.
    expect(await faces.ask('enrolled', shop)).toEqual({ ok: false, code: 'face.unavailable' })
    const answers = async () => expect(await faces.ask('enrolled', shop)).toEqual({ ok: true, value: {} })
    await vi.waitFor(answers, { timeout: 30_000, interval: 50 })
    expect(readdirSync(folder).toSorted()).toEqual(expect.arrayContaining(['gallery.db', 'keys']))
    process.kill(faces.pid() ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(warned.join()).toMatch(/nobody pays by face until it is back/), { timeout: 10_000 })
    await vi.waitFor(answers, { timeout: 30_000, interval: 50 })
    expect(await faces.ask('history', { person: shop.merchant, store: shop.merchant })).toEqual({ ok: false, code: 'face.unknown_person' })
  } finally {
    await faces.close()
    rmSync(folder, { recursive: true })
  }
  expect(warned).toHaveLength(1)
})
