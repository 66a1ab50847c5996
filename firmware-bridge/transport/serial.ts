import { SerialPort } from 'serialport'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { endAtHangUp } from './hang-up.ts'
import { nameOfUsb, type Place } from './place.ts'
import { choosePort, listSerialPorts } from './serial-ports.ts'
import type { LineListener, OpenFailure, OpenLine, Transport } from './transport.ts'

export type SerialSettings = {
  readonly baudRate: number
  readonly dataBits: 7 | 8
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

/** A serial port, real or virtual. */
export function serialTransport({ baudRate, dataBits, parity, stopBits, ...place }: Place & SerialSettings): Transport {
  return {
    name: 'path' in place ? place.path : nameOfUsb(place.usb),
    async open(listener) {
      const path = await find(place)
      return path.ok ? openPort({ path: path.value, baudRate, dataBits, parity, stopBits }, listener) : path
    },
  }
}

async function find(place: Place): Promise<Outcome<string, 'device.absent'>> {
  if ('path' in place) return ok(place.path)
  const ports = await listSerialPorts()
  return ports.ok ? choosePort(ports.value, place.usb) : ports
}

function openPort(settings: SerialSettings & { readonly path: string }, listener: LineListener): Promise<Outcome<OpenLine, OpenFailure>> {
  return new Promise((resolve) => {
    const port = new SerialPort({ ...settings, autoOpen: false })
    const close = () => {
      if (port.isOpen && !port.closing) port.close(() => {})
    }
    let why = 'closed'
    port.once('open', () => endAtHangUp(port))
    // Without a listener for data, the port does not read and therefore never notices that the other side went away.
    port.on('data', (bytes: Buffer) => listener.bytes(bytes))
    port.on('error', (error) => {
      // A write to a line that is gone says EIO; the port itself would go on as if open.
      why = error.message
      close()
    })
    // Reading and writing may both find out that the line is gone, and each closes the port.
    port.once('close', (error: Error | null) => listener.closed(error?.message ?? why))
    port.open((error) => {
      if (error) return resolve(fail(failureOf(error.message), error.message.replace(/^(Error: )+/, '')))
      raiseModemLines(port)
      resolve(ok({ write: (bytes) => void port.write(Buffer.from(bytes)), waiting: () => port.writableLength, close }))
    })
  })
}

/** Many scales and scanners send only while they see DTR and RTS. A pseudo-terminal and some adapters have none (ENOTTY), and need none. */
const raiseModemLines = (port: SerialPort): void => port.set({ dtr: true, rts: true }, () => {})

/** The library says it in words only: "Error: Permission denied, cannot open /dev/ttyUSB0", "Error Resource temporarily unavailable Cannot lock port". */
function failureOf(message: string): OpenFailure {
  if (/permission denied|access is denied/i.test(message)) return 'device.no_permission'
  return /cannot lock port|resource busy|access denied/i.test(message) ? 'device.in_use' : 'device.absent'
}
