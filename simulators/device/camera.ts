import { randomBytes, randomInt } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import sharp from 'sharp'
import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { DeviceTransport } from './line.ts'

/**
 * `slow`: each picture takes longer than a second. `half_frame`: one breaks off in its middle. `garbage`: noise where a picture should be. `endless_frame`: one
 * that never ends. `frozen`: the same picture for ever, byte for byte. `unauthorised`: it wants a password. `well`: whatever was wrong is over.
 */
export const cameraFaults = ['slow', 'half_frame', 'garbage', 'endless_frame', 'frozen', 'unauthorised', 'well'] as const
export type CameraFault = (typeof cameraFaults)[number]

export type CameraOptions = { readonly mode?: 'snapshot' | 'mjpeg'; readonly timers?: Timers }

export interface SimulatedCamera {
  transport(): DeviceTransport
  readonly plugged: boolean
  readonly faults: typeof cameraFaults
  /** Holds a picture (PNG or JPEG) before the camera; undefined: it sees the empty counter. */
  show(picture: Uint8Array | undefined): Promise<void>
  fault(kind: CameraFault): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

const WIDTH = 640
const HEIGHT = 480
const FRAME: DurationMs = 100
const SLOW_FRAME: DurationMs = 1200
/** Other than any boundary that our own parser was tried with; Axis cameras call theirs so. */
const BOUNDARY = 'myboundary'
const COUNTER = { r: 122, g: 118, b: 110 }
/** The sensor's noise, of 255 to either side: one prime-sized piece of it, laid over each picture from another place on, is quick and never the same. */
const NOISE = 6
const GRAIN = Int8Array.from(randomBytes(65_537), (byte) => Math.round((byte / 127.5 - 1) * NOISE))

type Scene = { readonly pixels: Buffer }

/** A network camera: an HTTP server with `/snapshot.jpg` and `/video.mjpeg`, 640x480 at 10 pictures a second, each with noise of its own. */
export async function startCamera({ mode = 'mjpeg', timers = systemTimers }: CameraOptions = {}): Promise<SimulatedCamera> {
  let scene = await sceneOf(undefined)
  let fault: CameraFault = 'well'
  let frozen: Buffer | undefined
  let server: Server | undefined
  let port = 0
  const sockets = new Set<Socket>()
  const pause = (time: DurationMs) => new Promise<void>((resolve) => void timers.after(time, resolve))

  const picture = async (): Promise<Buffer> => {
    if (fault === 'frozen') return (frozen ??= await photograph(scene))
    frozen = undefined
    return photograph(scene)
  }
  const snapshot = async (response: ServerResponse): Promise<void> => {
    const jpeg = await picture()
    if (fault === 'slow') await pause(SLOW_FRAME)
    response.writeHead(200, { 'content-type': 'image/jpeg', ...(fault !== 'endless_frame' && { 'content-length': jpeg.length }) })
    if (fault === 'garbage') return void response.end(randomBytes(jpeg.length))
    if (fault === 'endless_frame') return pour(response)
    if (fault !== 'half_frame') return void response.end(jpeg)
    response.write(jpeg.subarray(0, jpeg.length >> 1), () => response.destroy())
  }
  const video = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': `multipart/x-mixed-replace; boundary=${BOUNDARY}` })
    while (!response.destroyed) {
      const jpeg = await picture()
      response.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`)
      if (fault === 'endless_frame') return pour(response)
      if (fault === 'garbage') response.write(randomBytes(jpeg.length))
      else response.write(fault === 'half_frame' ? jpeg.subarray(0, jpeg.length >> 1) : jpeg)
      response.write('\r\n')
      await pause(fault === 'slow' ? SLOW_FRAME : FRAME)
    }
  }
  /** A megabyte at a time, as fast as it is taken. */
  const pour = async (response: ServerResponse) => {
    while (!response.destroyed && fault === 'endless_frame') {
      response.write(randomBytes(1024 * 1024))
      await pause(FRAME)
    }
    response.destroy()
  }
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (fault === 'unauthorised') return void response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end()
    if (request.url === '/snapshot.jpg') return void snapshot(response)
    if (request.url === '/video.mjpeg') return void video(response)
    response.writeHead(404).end()
  }
  const plug = async () => {
    const made = createServer(answer)
    made.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => made.once('error', reject).listen(port, '127.0.0.1', resolve))
    port = (made.address() as AddressInfo).port
    server = made
  }
  const unplug = () => {
    server?.close()
    server = undefined
    for (const socket of sockets) socket.destroy()
  }
  await plug()

  return {
    transport: () => ({ type: 'http', url: `http://127.0.0.1:${port}/${mode === 'mjpeg' ? 'video.mjpeg' : 'snapshot.jpg'}`, mode }),
    get plugged() {
      return server !== undefined
    },
    faults: cameraFaults,
    async show(held) {
      scene = await sceneOf(held)
    },
    fault(kind) {
      fault = kind
      if (kind === 'unauthorised') for (const socket of sockets) socket.destroy()
      return Promise.resolve()
    },
    unplug,
    async replug() {
      if (server === undefined) await plug()
    },
    close: unplug,
  }
}

/** The counter as the camera sees it, with what is held before it in the middle. */
async function sceneOf(held: Uint8Array | undefined): Promise<Scene> {
  const counter = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: COUNTER } })
  if (held === undefined) return { pixels: await counter.raw().toBuffer() }
  const input = await sharp(held)
    .flatten({ background: '#fff' })
    .resize(WIDTH - 120, HEIGHT - 120, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer()
  return {
    pixels: await sharp(
      await counter
        .composite([{ input, gravity: 'centre' }])
        .png()
        .toBuffer(),
    )
      .removeAlpha()
      .raw()
      .toBuffer(),
  }
}

async function photograph({ pixels }: Scene): Promise<Buffer> {
  const noisy = Buffer.from(pixels)
  let grain = randomInt(GRAIN.length)
  for (let at = 0; at < noisy.length; at++) {
    noisy[at] = Math.max(0, Math.min(255, (pixels[at] ?? 0) + (GRAIN[grain] ?? 0)))
    if (++grain === GRAIN.length) grain = 0
  }
  return sharp(noisy, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer()
}
