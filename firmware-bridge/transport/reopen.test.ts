import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { FIRST_RETRY, keepOpen, LAST_RETRY, MAX_WAITING_BYTES } from './reopen.ts'
import type { LineListener, Transport } from './transport.ts'

/** A line that opens when it is told that it may. */
function fakeTransport() {
  const fake = {
    tries: 0,
    why: '' as string,
    waiting: 0,
    written: [] as number[],
    closes: 0,
    line: undefined as LineListener | undefined,
  }
  const transport: Transport = {
    name: 'fake',
    open(listener) {
      fake.tries++
      if (fake.why) return Promise.resolve(fail('device.absent', fake.why))
      fake.line = listener
      const close = () => {
        fake.closes++
        listener.closed('closed by us')
      }
      return Promise.resolve(ok({ write: (bytes) => void fake.written.push(...bytes), waiting: () => fake.waiting, close }))
    },
  }
  return { fake, transport }
}

function start(why = '') {
  const { fake, transport } = fakeTransport()
  fake.why = why
  const told: string[] = []
  const line = keepOpen(transport, systemTimers, {
    opened: () => told.push('opened'),
    bytes: (bytes) => told.push(`bytes ${[...bytes].join()}`),
    closed: (reason) => told.push(reason),
  })
  return { fake, told, line }
}

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

describe('a kept line', () => {
  it('tells why it cannot be opened, once, and tries ever less often', async () => {
    const { fake, told } = start('no such file')
    await vi.advanceTimersByTimeAsync(FIRST_RETRY)
    expect(fake.tries).toBe(2)
    await vi.advanceTimersByTimeAsync(10 * LAST_RETRY)
    expect(fake.tries).toBeLessThan(16)
    expect(told).toEqual(['no such file'])
    fake.why = 'no permission'
    await vi.advanceTimersByTimeAsync(LAST_RETRY)
    expect(told).toEqual(['no such file', 'no permission'])
  })

  it('opens again when it was plugged in again', async () => {
    const { fake, told, line } = start()
    await vi.advanceTimersByTimeAsync(10 * LAST_RETRY)
    fake.line?.bytes(Uint8Array.of(1, 2))
    line.write(Uint8Array.of(3))
    fake.line?.closed('unplugged')
    line.write(Uint8Array.of(4))
    await vi.advanceTimersByTimeAsync(FIRST_RETRY)
    expect(told).toEqual(['opened', 'bytes 1,2', 'unplugged', 'opened'])
    expect(fake.written).toEqual([3])
  })

  it('does not hammer a device that hangs up at once', async () => {
    const { fake } = start()
    for (let ms = 0; ms < 10 * LAST_RETRY; ms += FIRST_RETRY) {
      fake.line?.closed('go away')
      fake.line = undefined
      await vi.advanceTimersByTimeAsync(FIRST_RETRY)
    }
    expect(fake.tries).toBeLessThan(20)
  })

  it('gives up a line that takes nothing any more', async () => {
    const { fake, told, line } = start()
    await vi.advanceTimersByTimeAsync(0)
    fake.waiting = MAX_WAITING_BYTES + 1
    line.write(Uint8Array.of(1))
    expect(told).toEqual(['opened', 'closed by us'])
  })

  it('stays closed when it was closed, even while it was opening', async () => {
    const { fake, told, line } = start()
    line.close()
    await vi.advanceTimersByTimeAsync(10 * LAST_RETRY)
    expect(fake.closes).toBe(1)
    expect(fake.tries).toBe(1)
    expect(told).toEqual([])
  })
})
