import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'
import { fail, ok } from '#protocol/outcome.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { boundaryOf, MAX_PICTURE_BYTES, mjpegParser } from '../codec/mjpeg.ts'
import { nameOfAddress } from './place.ts'
import type { LineListener, Transport } from './transport.ts'

export type HttpCameraConfig = { readonly url: string; readonly mode: 'snapshot' | 'mjpeg' }

export type HttpCameraOptions = HttpCameraConfig & {
  readonly timers: Timers
  /** Bytes of the stream that belonged to no picture. */
  readonly onGarbage: (bytes: number) => void
}

/** A camera that gives no picture for so long is gone, even if its connection is not. */
export const NO_PICTURE: DurationMs = 5 * SECOND
/** Between the pictures of a camera that is asked for each: ten a second leave a small camera time for itself. */
export const SNAPSHOT_PAUSE: DurationMs = 100

/**
 * A network camera: `bytes` is exactly one picture, as the camera encoded it. It is opened when its first picture has come. Redirects are not
 * followed: the picture would come from somewhere that nobody configured.
 */
export function httpCameraTransport(options: HttpCameraOptions): Transport {
  return { name: nameOfAddress(options.url), open: (listener) => openCamera(options, listener) }
}

function openCamera({ url, mode, timers, onGarbage }: HttpCameraOptions, listener: LineListener): ReturnType<Transport['open']> {
  return new Promise((resolve) => {
    const agent = new (url.startsWith('https:') ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
    let ended = false
    let opened = false
    const end = (why: string) => {
      if (ended) return
      ended = true
      cancelStall()
      cancelPause()
      agent.destroy()
      if (opened) listener.closed(why)
      else resolve(fail('device.absent', why))
    }
    const stalled = () => end(`no picture for ${NO_PICTURE / SECOND} s`)
    let cancelStall = timers.after(NO_PICTURE, stalled)
    let cancelPause = () => {}

    const picture = (bytes: Uint8Array) => {
      if (ended) return
      cancelStall()
      cancelStall = timers.after(NO_PICTURE, stalled)
      if (!opened) resolve(ok({ write: () => {}, waiting: () => 0, close: () => end('closed') }))
      opened = true
      listener.bytes(bytes)
    }
    const ask = () => {
      const get = url.startsWith('https:') ? httpsGet : httpGet
      const request = get(url, { agent, headers: { accept: 'image/jpeg, image/png, multipart/x-mixed-replace' } }, (answer) => {
        const refusal = refusalOf(answer)
        if (refusal !== undefined) return end(refusal)
        answer.on('error', (error) => end(error.message))
        if (mode === 'mjpeg') stream(answer, { picture, onGarbage, end })
        else snapshot(answer, { picture, end, next: () => (cancelPause = timers.after(SNAPSHOT_PAUSE, ask)) })
      })
      request.on('error', (error) => end(error.message))
    }
    ask()
  })
}

function refusalOf({ statusCode = 0 }: IncomingMessage): string | undefined {
  if (statusCode === 200) return undefined
  if (statusCode === 401 || statusCode === 403) return `the camera wants a user and password (${statusCode}); put them into its url`
  return statusCode >= 300 && statusCode < 400 ? `the camera sends us elsewhere (${statusCode}), which is not followed` : `the camera answers ${statusCode}`
}

type Ends = { readonly picture: (bytes: Uint8Array) => void; readonly end: (why: string) => void }

function stream(answer: IncomingMessage, { picture, onGarbage, end }: Ends & { readonly onGarbage: (bytes: number) => void }): void {
  const boundary = boundaryOf(answer.headers['content-type'] ?? '')
  if (boundary === undefined) return end('what the camera sends is no MJPEG stream')
  const parser = mjpegParser(boundary)
  answer.on('data', (bytes: Buffer) => {
    for (const item of parser.push(bytes)) {
      if (item.type === 'picture') picture(item.jpeg)
      else onGarbage(item.bytes)
    }
  })
  answer.on('close', () => end('the camera ended its stream'))
}

function snapshot(answer: IncomingMessage, { picture, end, next }: Ends & { readonly next: () => void }): void {
  const pieces: Buffer[] = []
  let length = 0
  answer.on('data', (bytes: Buffer) => {
    length += bytes.length
    if (length > MAX_PICTURE_BYTES) return end('the camera sends a picture without end')
    pieces.push(bytes)
  })
  answer.on('end', () => {
    picture(Buffer.concat(pieces))
    next()
  })
  answer.on('close', () => {
    if (!answer.complete) end('the camera broke off in the middle of a picture')
  })
}
