import { request as requestHttp, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { addressOf, webhookUrl, type Resolve } from './address.ts'

const TIMEOUT_MS = 10_000
/** More than that nobody reads. */
const MAX_ANSWER_BYTES = 16 * 1024
const MAX_HEADER_BYTES = 16 * 1024

/** The status of the answer; undefined: there was none, or it could not go there. */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string, loopback: boolean) => Promise<number | undefined>

/** One request to whoever listens. It goes where the name led when it was looked at, follows nobody anywhere else, waits ten seconds and reads little. */
export const postWith =
  (resolve?: Resolve): Post =>
  async (text, headers, body, loopback) => {
    const url = webhookUrl(text, loopback)
    const address = url.ok ? await addressOf(url.value, loopback, resolve) : url
    if (!url.ok || !address.ok) return undefined
    const { hostname, protocol, port, pathname, search, host } = url.value
    const secure = protocol === 'https:'
    const options: RequestOptions = {
      method: 'POST',
      host: address.value,
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      path: `${pathname}${search}`,
      headers: { ...headers, host, 'content-length': Buffer.byteLength(body) },
      maxHeaderSize: MAX_HEADER_BYTES,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      agent: false,
    }
    return await new Promise((done) => {
      const asked = secure ? requestHttps({ ...options, ...(isIP(hostname) === 0 && { servername: hostname }) }) : requestHttp(options)
      asked.on('response', (response) => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > MAX_ANSWER_BYTES) response.destroy()
        })
        response.on('close', () => done(response.statusCode))
        response.on('error', () => done(response.statusCode))
      })
      asked.on('error', () => done(undefined))
      asked.end(body)
    })
  }
