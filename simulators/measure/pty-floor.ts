import { SerialPort } from 'serialport'
import { openLine } from '../device/line.ts'

export interface PtyFloor {
  /** Sends the bytes to the computer's end, which sends them back. Milliseconds until all are back. */
  roundTrip(bytes: Uint8Array): Promise<number>
  close(): void
}

/** What no bridge can avoid: a pseudo-terminal of the same making, opened with the same library, and nobody in between who thinks about the bytes. */
export async function openPtyFloor(): Promise<PtyFloor> {
  let missing = 0
  let done = () => {}
  const line = await openLine({
    kind: 'pty',
    onBytes(bytes) {
      missing -= bytes.length
      if (missing <= 0) done()
    },
  })
  const at = line.transport()
  if (at.type !== 'serial') throw new TypeError('a pseudo-terminal')
  const port = new SerialPort({ path: at.path, baudRate: 9600, autoOpen: false })
  port.on('data', (bytes: Buffer) => void port.write(bytes))
  port.on('error', () => {})
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  return {
    async roundTrip(bytes) {
      missing = bytes.length
      const back = new Promise<void>((resolve) => (done = resolve))
      const started = performance.now()
      line.write(bytes)
      await back
      return performance.now() - started
    },
    close() {
      port.close(() => line.close())
    },
  }
}
