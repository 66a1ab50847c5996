import { SerialPort } from 'serialport'
import { fail, ok } from '#protocol/outcome.ts'
import { endAtHangUp } from './hang-up.ts'
import type { Transport } from './transport.ts'

/** A serial port, 8 data bits, no parity, 1 stop bit. `path` is never guessed: a list of ports shows neither pseudo-terminals nor what hangs on one. */
export function serialTransport({ path, baudRate }: { readonly path: string; readonly baudRate: number }): Transport {
  return {
    name: path,
    open: (listener) =>
      new Promise((resolve) => {
        const port = new SerialPort({ path, baudRate, autoOpen: false })
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
          if (error) return resolve(fail('device.absent', error.message))
          resolve(ok({ write: (bytes) => void port.write(Buffer.from(bytes)), waiting: () => port.writableLength, close }))
        })
      }),
  }
}
