import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const scanner = { id: 'scanner-1', kind: 'scanner', transport: { type: 'serial', path: '/dev/ttyUSB0' } }
const printer = { id: 'printer-1', kind: 'printer', transport: { type: 'tcp', host: '127.0.0.1', port: 9100 }, columns: 48 }
const problem = (value: unknown) => {
  const config = readConfig(typeof value === 'string' ? value : JSON.stringify(value))
  return config.ok ? undefined : config.detail
}

describe('a configuration', () => {
  it('is read with its defaults', () => {
    const config = readConfig(JSON.stringify({ devices: [scanner, printer] }))
    expect(config).toEqual({
      ok: true,
      value: { devices: [{ ...scanner, framing: 'line', transport: { ...scanner.transport, baudRate: 9600 } }, printer] },
    })
    expect(problem({ devices: [{ ...scanner, transport: { type: 'serial', path: 'COM3' } }] })).toBeUndefined()
  })

  it.each([
    ['not JSON: ', '{'],
    ['devices: ', {}],
    ['devices[0].kind: ', { devices: [{ ...scanner, kind: 'scale' }] }],
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
