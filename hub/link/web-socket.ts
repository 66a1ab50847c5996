import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws'

/**
 * MQTT over WebSocket (MQTT 3.1.1 §6, RFC 6455), for tills behind a network that lets nothing but HTTP through: the second carrier. A page in a browser always
 * names its origin, a till never does; so whoever names one is refused, and no page can use the network that it runs in.
 */
const PATH = '/mqtt'
const SUB_PROTOCOL = 'mqtt'

/**
 * Takes the upgrades that `server` gets; every other one is refused. `accept` gets each connection as the bytes that it carries; frames above
 * `maxFrameBytes`, and frames of text, end it. Returns what ends all of them.
 */
export function acceptWebSockets(server: Server, maxFrameBytes: number, accept: (connection: Duplex) => void): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false),
  })
  sockets.on('connection', (socket: WebSocket) => {
    socket.on('message', (_data, isBinary) => {
      if (!isBinary) socket.terminate()
    })
    const bytes = createWebSocketStream(socket, { allowHalfOpen: false })
    // Whatever ends it ends the MQTT connection too, which is all there is to say.
    bytes.on('error', () => undefined)
    accept(bytes)
  })
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => undefined)
    const refusal = refusalOf(request)
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request))
  }
  server.on('upgrade', upgrade)
  return () => {
    server.off('upgrade', upgrade)
    for (const socket of sockets.clients) socket.terminate()
  }
}

function refusalOf({ url, headers }: IncomingMessage): string | undefined {
  if (url?.split('?')[0] !== PATH) return '404 Not Found'
  if (headers.origin !== undefined) return '403 Forbidden'
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  return offered?.includes(SUB_PROTOCOL) === true ? undefined : '400 Bad Request'
}
