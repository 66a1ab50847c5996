import { connect } from 'node:net'
import { fail, ok } from '#protocol/outcome.ts'
import { SECOND } from '#protocol/time.ts'
import type { Transport } from './transport.ts'

const CONNECT_TIMEOUT = 3 * SECOND
/** A peer that lost its power says nothing; this finds out. */
const KEEP_ALIVE = 5 * SECOND

/** A device that listens on the network, or a serial device behind a terminal server: raw bytes over TCP. */
export function tcpTransport({ host, port }: { readonly host: string; readonly port: number }): Transport {
  return {
    name: `${host}:${port}`,
    open: (listener) =>
      new Promise((resolve) => {
        const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE })
        let connected = false
        let lastError = 'closed by the other side'
        socket.setTimeout(CONNECT_TIMEOUT, () => socket.destroy(new Error('no answer to the connection request')))
        socket.on('error', (error) => (lastError = error.message))
        socket.on('data', (bytes) => listener.bytes(bytes))
        socket.on('close', () => {
          if (connected) listener.closed(lastError)
          else resolve(fail('device.absent', lastError))
        })
        socket.on('connect', () => {
          connected = true
          socket.setTimeout(0)
          resolve(
            ok({
              write: (bytes) => void socket.write(bytes),
              waiting: () => socket.writableLength,
              close: () => socket.destroy(),
            }),
          )
        })
      }),
  }
}
