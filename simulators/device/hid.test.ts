import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hidTcpTransport } from '../../firmware-bridge/transport/hid-tcp.ts'
import type { OpenLine } from '../../firmware-bridge/transport/transport.ts'
import { openHid, type HidEnd } from './hid.ts'
import { readUhidEvent, uhidCreate, uhidGetReply, uhidInput, uhidSetReply, UHID_EVENT_BYTES } from './uhid-events.ts'

const DEVICE = { vendorId: 0x05e0, productId: 0x1200, product: 'Scanner', serialNumber: 'S1', reportDescriptor: Uint8Array.of(0x05, 0x8c) }

describe('a virtual HID device over TCP', () => {
  let device: HidEnd
  let line: OpenLine
  let told: string[]
  let taken: string[]
  const text = (report: Uint8Array) => Buffer.from(report).toString('hex')

  async function open() {
    const at = device.transport()
    const heard = told
    if (at.type !== 'hid-tcp') throw new Error(at.type)
    const opened = await hidTcpTransport(at).open({ bytes: (report) => heard.push(text(report)), closed: () => heard.push('closed') })
    if (!opened.ok) throw new Error(opened.detail)
    line = opened.value
  }

  beforeEach(async () => {
    told = []
    taken = []
    device = await openHid({
      ...DEVICE,
      kind: 'tcp',
      onOutput: (report) => taken.push(`output ${text(report)}`),
      onSetFeature: (report) => taken.push(`feature ${text(report)}`),
    })
    await open()
    line.write(Uint8Array.of(0))
    await vi.waitUntil(() => taken.length === 1)
  })
  afterEach(() => device.close())

  it('speaks in reports, both ways', async () => {
    device.send(Uint8Array.of(2, 1))
    device.send(Uint8Array.of(2, 2))
    line.sendFeature?.(Uint8Array.of(254, 1))
    await vi.waitFor(() =>
      expect([told, taken]).toEqual([
        ['0201', '0202'],
        ['output 00', 'feature fe01'],
      ]),
    )
  })

  it('is gone when unplugged, loses what it sends then, and is back where it was', async () => {
    device.unplug()
    expect(device.plugged).toBe(false)
    await vi.waitFor(() => expect(told).toEqual(['closed']))
    device.send(Uint8Array.of(2, 3))
    await device.replug()
    await open()
    line.write(Uint8Array.of(1))
    await vi.waitFor(() => expect(taken).toContain('output 01'))
    device.send(Uint8Array.of(2, 4))
    await vi.waitFor(() => expect(told).toEqual(['closed', '0204']))
  })
})

describe('events of /dev/uhid', () => {
  const event = (head: readonly number[], at: Readonly<Record<number, readonly number[]>> = {}) => {
    const bytes = new Uint8Array(UHID_EVENT_BYTES)
    bytes.set(head)
    for (const [offset, values] of Object.entries(at)) bytes.set(values, Number(offset))
    return bytes
  }

  it('describe the device at the places that linux/uhid.h has', () => {
    const created = Buffer.from(uhidCreate({ ...DEVICE, physical: 'here' }))
    expect(created.length).toBe(282)
    expect([...created.subarray(0, 4), created.toString('latin1', 4, 12), created.toString('latin1', 132, 137), created.toString('latin1', 196, 199)]).toEqual([
      11,
      0,
      0,
      0,
      'Scanner\0',
      'here\0',
      'S1\0',
    ])
    expect([...created.subarray(260, 282)]).toEqual([2, 0, 3, 0, 0xe0, 5, 0, 0, 0, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0x8c])
  })

  it('carry reports and answers', () => {
    expect([...uhidInput(Uint8Array.of(2, 9))]).toEqual([12, 0, 0, 0, 2, 0, 2, 9])
    expect([...uhidGetReply(7, Uint8Array.of(254, 1))]).toEqual([10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 2, 0, 254, 1])
    expect([...uhidGetReply(7, undefined)]).toEqual([10, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0])
    expect([...uhidSetReply(7)]).toEqual([14, 0, 0, 0, 7, 0, 0, 0, 0, 0])
  })

  it('are read back from what the system sends', () => {
    expect(readUhidEvent(event([6, 0, 0, 0, 5, 1], { 4100: [2, 0] }))).toEqual({ type: 'output', report: Uint8Array.of(5, 1) })
    expect(readUhidEvent(event([9, 0, 0, 0, 7, 0, 0, 0, 254, 0]))).toEqual({ type: 'get', request: 7, id: 254 })
    expect(readUhidEvent(event([13, 0, 0, 0, 8, 0, 0, 0, 254, 0, 2, 0, 254, 1]))).toEqual({ type: 'set', request: 8, report: Uint8Array.of(254, 1) })
    expect(readUhidEvent(event([2]))).toBeUndefined()
  })
})
