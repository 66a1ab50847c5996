import { describe, expect, it } from 'vitest'
import { chooseHid, whyNotOpened, type HidDevice } from './hid.ts'

const SCANNER: HidDevice = { vendorId: 0x05e0, productId: 0x1200, path: '/dev/hidraw0', serialNumber: 'A', usagePage: 0x8c, usage: 2 }
const IDS = { vendorId: 0x05e0, productId: 0x1200 }

describe('which HID device is meant', () => {
  it('is the one with these ids, and none when none has them', () => {
    expect(chooseHid([{ ...SCANNER, productId: 0x1300, path: '/dev/hidraw1' }, SCANNER], IDS)).toEqual({ ok: true, value: '/dev/hidraw0' })
    expect(chooseHid([{ ...SCANNER, vendorId: 0x0c2e }], IDS)).toEqual({ ok: false, code: 'device.absent', detail: 'USB 05e0:1200 is not plugged in' })
  })

  it('is named by its serial number where two of a kind are plugged in, never guessed', () => {
    const two = [SCANNER, { ...SCANNER, path: '/dev/hidraw1', serialNumber: 'B' }]
    expect(chooseHid(two, IDS)).toMatchObject({ ok: false, code: 'device.absent' })
    expect(chooseHid(two, { ...IDS, serialNumber: 'B' })).toEqual({ ok: true, value: '/dev/hidraw1' })
    expect(chooseHid(two, { ...IDS, serialNumber: 'C' })).toMatchObject({ ok: false })
  })

  it('is the part that scans, of a device with several', () => {
    const parts = [
      { ...SCANNER, path: '/dev/hidraw3', usagePage: 0xff45, usage: 1 },
      { ...SCANNER, path: '/dev/hidraw2', usagePage: 0x01, usage: 0x06 },
      SCANNER,
    ]
    expect(chooseHid(parts, IDS)).toEqual({ ok: true, value: '/dev/hidraw0' })
    expect(chooseHid(parts.slice(0, 2), IDS)).toEqual({ ok: true, value: '/dev/hidraw3' })
  })

  it('is never a keyboard, which the system has for itself', () => {
    expect(chooseHid([{ ...SCANNER, usagePage: 0x01, usage: 0x06 }], IDS)).toMatchObject({ ok: false })
  })
})

describe('why a HID device was not opened, in the words of the systems', () => {
  const path = '/dev/hidraw0'
  it.each([
    ["cannot open device with path /dev/hidraw0: Failed to open a device with path '/dev/hidraw0': Permission denied", 'device.no_permission'],
    ['cannot open device with path /dev/hidraw0: hid_open_path: failed to open IOHIDDevice: (0xE00002E2) (iokit/common) not permitted', 'device.no_permission'],
    ['cannot open device with path /dev/hidraw0: (0xE00002C5) (iokit/common) exclusive access and device already open', 'device.in_use'],
    ["cannot open device with path /dev/hidraw0: Failed to open a device with path '/dev/hidraw0': No such file or directory", 'device.absent'],
  ])('%s', (why, code) => {
    const failure = whyNotOpened(path, { path }, why)
    expect(failure).toMatchObject({ ok: false, code })
  })

  it('is told once, and where', () => {
    const why = "cannot open device with path /dev/hidraw0: Failed to open a device with path '/dev/hidraw0': No such file or directory"
    expect(whyNotOpened(path, { path }, why)).toEqual({ ok: false, code: 'device.absent', detail: '/dev/hidraw0: No such file or directory' })
  })

  it('is told with the rule that mends it', () => {
    const failure = whyNotOpened(path, { usb: IDS }, 'Permission denied')
    expect(failure.ok ? '' : failure.detail).toContain(process.platform === 'linux' ? 'ATTRS{idVendor}=="05e0"' : 'Permission denied')
  })
})
