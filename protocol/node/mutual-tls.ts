import type { Server, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { rawPublicKey } from './crypto.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000

/** Everything in PEM. `ca`: whose certificates are let in. */
export type ServerIdentity = { readonly key: string; readonly cert: string; readonly ca: string }

/** A server for TLS 1.3 (RFC 8446) at which both ends show a certificate. `accept` gets the raw Ed25519 key of whoever came; a key of another kind gets nothing. */
export function mutualTlsServer(identity: ServerIdentity, accept: (socket: TLSSocket, publicKey: Uint8Array) => void): Server {
  const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_TIMEOUT_MS })
  server.on('secureConnection', (socket: TLSSocket) => {
    const shown = socket.getPeerX509Certificate()
    const publicKey = shown && rawPublicKey(shown.publicKey)
    if (publicKey === undefined) return socket.destroy()
    return accept(socket, publicKey)
  })
  // Somebody who is no till, or is gone already: the server has hung up.
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy())
  return server
}

/** PEM (RFC 7468), as TLS libraries and brokers read it. */
export const certificatePem = (der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
