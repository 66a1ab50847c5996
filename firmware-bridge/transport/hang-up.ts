import { read } from 'node:fs'
import { promisify } from 'node:util'
import type { SerialPort } from 'serialport'

const readOnce = promisify(read)

/**
 * Lets an open port notice that it was unplugged. On Linux and macOS a line that is gone reads as "0 bytes"; the library takes that for "nothing
 * yet" and reads again at once, for ever: no 'close', a full core, growing memory (serialport/bindings-cpp issue 162). This reads in its place
 * and takes 0 bytes for the end, which the library's stream then handles as a disconnection. To be called on 'open', before the first read.
 */
export function endAtHangUp({ port: binding }: SerialPort): void {
  if (!binding || !('poller' in binding)) return
  binding.read = async (buffer, offset, length) => {
    for (;;) {
      if (binding.fd === null) throw new Canceled()
      const bytesRead = await readOnce(binding.fd, buffer, offset, length, null).then((result) => result.bytesRead, nothingYet)
      if (bytesRead === 0) throw new Error('unplugged')
      if (bytesRead !== undefined) return { bytesRead, buffer }
      await new Promise<void>((resolve, reject) => {
        if (binding.fd === null) return reject(new Canceled())
        binding.poller.once('readable', (error) => (error ? reject(whyNotReadable(error)) : resolve()))
      })
    }
  }
}

/** What the stream wants to hear when it closed the port itself: not a disconnection. */
class Canceled extends Error {
  readonly canceled = true
}

/** A line that hangs up while it is waited for makes libuv say "bad file descriptor". */
const whyNotReadable = (error: Error): Error => ('canceled' in error ? error : new Error('unplugged', { cause: error }))

const NOTHING_YET: readonly unknown[] = ['EAGAIN', 'EWOULDBLOCK', 'EINTR']

function nothingYet(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && NOTHING_YET.includes(error.code)) return undefined
  throw error
}
