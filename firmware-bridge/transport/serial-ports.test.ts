import { describe, expect, it } from 'vitest'
import { choosePort, type PortInfo } from './serial-ports.ts'

const scale: PortInfo = { path: '/dev/ttyUSB0', vendorId: 0x0403, productId: 0x6001, serialNumber: 'A1' }
const scanner: PortInfo = { path: '/dev/ttyUSB1', vendorId: 0x0403, productId: 0x6001, serialNumber: 'B2' }
const modem: PortInfo = { path: '/dev/ttyS0' }
const USB = { vendorId: 0x0403, productId: 0x6001 }

describe('the port of a USB device', () => {
  it('is found by vendor and product where it is the only one', () => {
    expect(choosePort([modem, scale], USB)).toEqual({ ok: true, value: '/dev/ttyUSB0' })
  })

  it('is found by its serial number beside another of its kind, and never guessed', () => {
    expect(choosePort([scale, scanner], { ...USB, serialNumber: 'B2' })).toEqual({ ok: true, value: '/dev/ttyUSB1' })
    expect(choosePort([scale, scanner], USB)).toMatchObject({ code: 'device.absent', detail: expect.stringContaining('/dev/ttyUSB0, /dev/ttyUSB1') as string })
    expect(choosePort([scale, { ...scanner, serialNumber: 'A1' }], { ...USB, serialNumber: 'A1' })).toMatchObject({
      detail: expect.stringContaining('several') as string,
    })
  })

  it('is absent where there is none, and it is said whether one of its kind is there', () => {
    expect(choosePort([modem], USB)).toMatchObject({ code: 'device.absent', detail: 'no such USB device is plugged in' })
    expect(choosePort([scale], { ...USB, serialNumber: 'C3' })).toMatchObject({ detail: expect.stringContaining('another serial number') as string })
  })
})
