import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hidFrame, hidFrameKinds, MAX_REPORT_BYTES, splitHidFrames, type HidFrame } from './hid-tcp-frames.ts'
import { hidTcpTransport } from './hid-tcp.ts'

const report = fc.uint8Array({ minLength: 1, maxLength: 100 })
const frame = fc.record({ kind: fc.constantFrom(...hidFrameKinds), report })

describe('frames of reports', () => {
  it('come out as they went in, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.nat({ max: 60 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ kind, report: bytes }) => hidFrame(kind, bytes)))
        const splitter = splitHidFrames()
        const out: HidFrame[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = (cuts[i % (cuts.length || 1)] ?? 0) + 1
          out.push(...(splitter.add(stream.subarray(at, at + length)) ?? []))
          at += length
        }
        expect(out).toEqual(frames)
      }),
    )
  })

  it('take any bytes at all, and end where no frame can begin', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void splitHidFrames().add(bytes)))
    expect(splitHidFrames().add(Uint8Array.of(0, 0, 1, 1))).toBeUndefined()
    expect(splitHidFrames().add(Uint8Array.of(4, 0, 1, 1))).toBeUndefined()
    expect(splitHidFrames().add(Uint8Array.of(1, 0, 0))).toBeUndefined()
    expect(splitHidFrames().add(hidFrame('input', new Uint8Array(MAX_REPORT_BYTES)))).toHaveLength(1)
    expect(splitHidFrames().add(hidFrame('input', new Uint8Array(MAX_REPORT_BYTES + 1)))).toBeUndefined()
  })
})

describe('a HID device behind a socket', () => {
  let server: Server
  let device: Socket
  let told: string[]

  async function open() {
    const heard = told
    const connected = once(server, 'connection')
    const opened = await hidTcpTransport({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }).open({
      bytes: (bytes) => heard.push(Buffer.from(bytes).toString('hex')),
      closed: (why) => heard.push(why),
    })
    ;[device] = (await connected) as [Socket]
    if (!opened.ok) throw new Error(opened.code)
    return opened.value
  }

  beforeEach(async () => {
    told = []
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    device.destroy()
    server.close()
  })

  it('hands over one report at a time, and takes output and feature reports', async () => {
    const line = await open()
    device.write(Buffer.concat([hidFrame('input', Uint8Array.of(2, 1)), hidFrame('input', Uint8Array.of(2, 2))]))
    await vi.waitFor(() => expect(told).toEqual(['0201', '0202']))
    line.write(Uint8Array.of(5, 6))
    line.sendFeature?.(Uint8Array.of(254, 1))
    let got = ''
    device.on('data', (bytes: Buffer) => (got += bytes.toString('hex')))
    await vi.waitFor(() => expect(got).toBe('0200020506' + '030002fe01'))
  })

  it.each([
    ['what is no frame', Uint8Array.of(9, 9, 9, 9)],
    ['a frame that only a computer sends', hidFrame('output', Uint8Array.of(1))],
  ])('hangs up at %s', async (_, bytes) => {
    await open()
    device.write(bytes)
    await vi.waitFor(() => expect(told).toHaveLength(1))
  })
})
