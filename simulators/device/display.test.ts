import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { displayDriver } from '../../firmware-bridge/driver/display.ts'
import { displayInterpreter, type DisplayProtocol } from './display-commands.ts'
import { startDisplay, type DisplayOptions, type SimulatedDisplay } from './display.ts'

/** The lines after bytes from text, one a character. */
function after(protocol: DisplayProtocol, text: string) {
  const interpreter = displayInterpreter(protocol, 8)
  for (const char of text) interpreter.feed(char.charCodeAt(0))
  return { lines: interpreter.lines().map((line) => line.trimEnd()), unknown: interpreter.unknown() }
}

describe('commands of the manuals', () => {
  it.each([
    ['text, and on in the next line', 'Coffee 3.50', ['Coffee 3', '.50']],
    ['CLR', 'Coffee\x0c3.50', ['3.50', '']],
    ['HOM, CR and LF', 'Coffee\r\nx\x0bT', ['Toffee', 'x']],
    ['CAN', 'Coffee\x18Tea', ['Tea', '']],
    ['US $', '\x1f$\x03\x02x\x1f$\x01\x01y', ['y', '  x']],
    ['ESC t', '\x1bt\x00\x82\x1bt\x10\xe9', ['éé', '']],
    ['what changes nothing here', '\x1fC\x00\x1fX\x04\x1f\x01\x1bR\x00ok', ['ok', '']],
    ['ESC @', 'Coffee\x1b@', ['', '']],
  ])('escpos: %s', (_, text, lines) => {
    expect(after('escpos', text)).toEqual({ lines, unknown: 0 })
  })

  it.each([
    ['ESC Q A and ESC Q B', '\x1bQACoffee\r\x1bQB3.50\r', ['Coffee', '3.50']],
    ['ESC Q A again, the rest empty', '\x1bQACoffee\r\x1bQATea\r', ['Tea', '']],
    ['ESC l', '\x1bl\x02\x02x', ['', ' x']],
  ])('cd5220: %s', (_, text, lines) => {
    expect(after('cd5220', text)).toEqual({ lines, unknown: 0 })
  })

  it('are counted when there is no such thing', () => {
    expect(after('escpos', '\x1b\x7f\x1f\xffok')).toEqual({ lines: ['ok', ''], unknown: 2 })
  })

  it('survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('escpos' as const, 'cd5220' as const), (bytes, protocol) => {
        const interpreter = displayInterpreter(protocol, 20)
        for (const byte of bytes) interpreter.feed(byte)
        expect(interpreter.lines().map((line) => line.length)).toEqual([20, 20])
      }),
    )
  })
})

/** What the driver sends when its line opens and something is to be shown. */
function driven(protocol: DisplayProtocol, lines: string[]): Uint8Array {
  const driver = displayDriver({ protocol, columns: 20 })
  const wanting = driver.step(driver.start, { type: 'order', order: 'o', what: { do: 'show', lines }, deadline: 1000 })
  const { effects } = driver.step(wanting.state, { type: 'opened' })
  return Buffer.concat(effects.flatMap((effect) => (effect.type === 'send' ? [effect.bytes] : [])))
}

let display: SimulatedDisplay
let computer: Socket
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 2 })

async function plugIn(options: DisplayOptions = {}): Promise<void> {
  display = await startDisplay({ kind: 'tcp', ...options })
  await connectTo()
}
async function connectTo(): Promise<void> {
  const transport = display.transport()
  if (transport.type !== 'tcp') throw new Error('asked for TCP')
  computer = connect(transport)
  computer.on('error', () => {})
  await once(computer, 'connect')
}

describe('a display', () => {
  afterEach(() => {
    computer.destroy()
    display.close()
  })

  it.each(['escpos', 'cd5220'] as const)('shows what the driver sends in %s', async (protocol) => {
    await plugIn({ protocol })
    let changes = 0
    display.onChange(() => changes++)
    computer.write(driven(protocol, ['Kaffee à 3,50 €', 'Total']))
    await eventually(() => expect(display.lines()).toEqual(['Kaffee a 3,50 EUR   ', 'Total               ']))
    expect(changes).toBeGreaterThan(0)
    expect(display.unknown()).toBe(0)
  })

  it('is dark without its cable, and empty when it is back', async () => {
    await plugIn()
    await display.fault('unplug_mid_frame')
    computer.write('\x1f$\x01\x01Coffee              \x1f$\x01\x02Tea                 ')
    await once(computer, 'close')
    expect(display.plugged).toBe(false)
    expect(display.lines().join('').trim()).toBe('')
    await display.replug()
    await connectTo()
    computer.write('\x0cCoffee')
    await eventually(() => expect(display.lines()[0]).toBe('Coffee'.padEnd(20)))
  })

  it('stands still when it is frozen, and shows rubbish when its line is bad', async () => {
    await plugIn()
    await display.fault('garbled')
    computer.write('\x1f$\x01\x01Coffee              \x1f$\x01\x02Tea                 ')
    await eventually(() => expect(display.lines().join('').trim()).not.toBe(''))
    expect(display.lines()[0]).not.toBe('Coffee'.padEnd(20))
    await display.fault('frozen')
    const before = display.lines()
    computer.write('\x0cMilk')
    computer.end()
    await once(computer, 'close')
    expect(display.lines()).toEqual(before)
  })
})
