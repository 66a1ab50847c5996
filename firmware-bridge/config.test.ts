import { describe, expect, it } from 'vitest'
import { nameOfTransport, readConfig } from './config.ts'

const scanner = { id: 'scanner-1', kind: 'scanner', transport: { type: 'serial', path: '/dev/ttyUSB0' } }
const printer = { id: 'printer-1', kind: 'printer', transport: { type: 'tcp', host: '127.0.0.1', port: 9100 }, columns: 48 }
const serial9600 = { ...scanner.transport, baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 }
const hid = { type: 'hid', usb: { vendorId: '05e0', productId: '1300' } }
const device = (value: unknown) => {
  const config = readConfig(JSON.stringify({ devices: [value] }))
  if (!config.ok) throw new Error(config.detail)
  return config.value.devices[0]
}
const problem = (value: unknown) => {
  const config = readConfig(typeof value === 'string' ? value : JSON.stringify(value))
  return config.ok ? undefined : config.detail
}

describe('a configuration', () => {
  it('is read with its defaults', () => {
    const config = readConfig(JSON.stringify({ devices: [scanner, printer] }))
    expect(config).toEqual({
      ok: true,
      value: {
        devices: [
          { ...scanner, framing: 'line', transport: serial9600 },
          { ...printer, codePages: 'western', drawerPin: 2 },
        ],
      },
    })
    expect(problem({ devices: [{ ...scanner, transport: { type: 'serial', path: 'COM3' } }] })).toBeUndefined()
  })

  it.each([
    ['toledo-8217', { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 }],
    ['dialog-06', { baudRate: 4800, dataBits: 7, parity: 'odd', stopBits: 1 }],
    ['sics', { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 }],
  ])('knows how a scale is delivered, %s, and takes what it is set to instead', (protocol, usual) => {
    const scale = { id: 'scale-1', kind: 'scale', transport: scanner.transport, protocol }
    expect(device(scale)).toEqual({ ...scale, unit: 'kg', transport: { ...scanner.transport, ...usual } })
    const set = { ...scanner.transport, baudRate: 2400, dataBits: 8, parity: 'none', stopBits: 2 }
    expect(device({ ...scale, transport: set })).toMatchObject({ transport: set })
  })

  it('reads devices on HID, by path or by the numbers that lsusb shows', () => {
    const reader = { id: 'reader-1', kind: 'card_reader', transport: hid }
    const usb = { type: 'hid', usb: { vendorId: 0x05e0, productId: 0x1300 } }
    expect(device({ ...scanner, transport: hid })).toEqual({ ...scanner, transport: usb, model: 'standard' })
    expect(device({ ...scanner, transport: usb, model: 'zebra' })).toEqual({ ...scanner, transport: usb, model: 'zebra' })
    expect(device({ ...scanner, transport: { type: 'serial', usb: { ...usb.usb, serialNumber: 'A1' } } })).toMatchObject({
      transport: { type: 'serial', usb: { ...usb.usb, serialNumber: 'A1' } },
    })
    expect(device({ ...reader, model: 'magtek' })).toMatchObject({ transport: usb, key: 'pin' })
    expect(device({ ...reader, model: 'idtech' })).toMatchObject({ key: 'data' })
    expect(device({ ...reader, model: 'idtech', key: 'pin', transport: { type: 'hid', path: '/dev/hidraw3' } })).toMatchObject({ key: 'pin' })
  })

  it('never shows the password of a camera, and tells two pictures of one camera apart', () => {
    const camera = (id: string, picture: number) => ({ id, kind: 'camera', transport: { type: 'http', url: `http://u:secret@eye.local/snap?p=${picture}` } })
    const config = readConfig(JSON.stringify({ devices: [camera('one', 1), camera('two', 2)] }))
    expect(config.ok && config.value.devices.map(({ transport }) => nameOfTransport(transport))).toEqual(['http://eye.local/snap', 'http://eye.local/snap'])
  })

  it.each([
    ['not JSON: ', '{'],
    ['devices: ', {}],
    ['devices[0].kind: ', { devices: [{ ...scanner, kind: 'oven' }] }],
    ['devices[0].protocol: ', { devices: [{ ...scanner, kind: 'scale' }] }],
    ['devices[0].framing: is for serial scanners', { devices: [{ ...scanner, transport: hid, framing: 'line' }] }],
    ['devices[0].model: is for scanners on hid', { devices: [{ ...scanner, model: 'zebra' }] }],
    ['devices[0].transport: needs a path, or usb', { devices: [{ ...scanner, transport: { type: 'serial' } }] }],
    ['devices[0].transport: has both path and usb', { devices: [{ ...scanner, transport: { ...hid, path: '/dev/hidraw0' } }] }],
    ['devices[0].transport.usb.productId: must be four hex', { devices: [{ ...scanner, transport: { type: 'hid', usb: { vendorId: 1, productId: '0x5' } } }] }],
    ['devices[0].transport.type: ', { devices: [{ ...printer, transport: hid }] }],
    ['devices[0].transport.url: must be an address', { devices: [{ id: 'eye', kind: 'camera', transport: { type: 'http', url: 'file:///etc/passwd' } }] }],
    ['devices[0].drawerPin: ', { devices: [{ ...printer, drawerPin: 3 }] }],
    ['devices[0].id: must be', { devices: [{ ...scanner, id: 'Scanner 1' }] }],
    ['devices[0].transport.path: must be an absolute path', { devices: [{ ...scanner, transport: { type: 'serial', path: 'ttyUSB0' } }] }],
    ['devices[1].transport.port: ', { devices: [scanner, { ...printer, transport: { type: 'tcp', host: 'a', port: 0 } }] }],
    ['devices[0].columns: ', { devices: [{ ...printer, columns: 40 }] }],
    ['devices[0]: ', { devices: [{ ...scanner, colour: 'red' }] }],
    ['devices[1].id: is the same as in devices[0]', { devices: [scanner, { ...printer, id: 'scanner-1' }] }],
    ['devices[1].transport: is the same as in devices[0]', { devices: [scanner, { ...scanner, id: 'scanner-2' }] }],
    ['devices: has more than one printer', { devices: [printer, { ...printer, id: 'printer-2', transport: scanner.transport }] }],
  ])('names what is wrong: %s', (message, config) => {
    expect(problem(config)).toContain(message)
  })
})
