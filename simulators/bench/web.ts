import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { ErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Refusal } from './contract.ts'

/** The edges of the bench's web server: who may ask, what a body may be, which headers every answer has. */
export const MAX_BODY_BYTES = 16 * 1024

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self'",
  "connect-src 'self'",
  // The till's screen stands on the counter in a frame of its own origin; the phone is a frame of this one.
  'frame-src http://127.0.0.1:* http://localhost:*',
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
].join('; ')

/** Hard on every answer. The camera is the phone page's own, for scanning the till's display. */
export function secure(response: ServerResponse): void {
  response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
}

/**
 * Only pages of this server may use it. A foreign Host is a name that was rebound to the loopback; a foreign Origin is another site's page.
 * Programs that are no browser send no Origin and may come in: they could read the store's files anyway.
 */
export function mayAsk({ headers }: IncomingMessage, port: number): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host, origin } = headers
  return host !== undefined && hosts.includes(host) && (origin === undefined || hosts.some((own) => origin === `http://${own}`))
}

export type BadRequest = 'too_large' | 'not_json' | 'wrong_shape'
const badRequests: Readonly<Record<BadRequest, number>> = { too_large: 413, not_json: 415, wrong_shape: 400 }

/** Reads a JSON body of at most `MAX_BODY_BYTES`. A browser sends `application/json` to a foreign site only after asking, which is never granted. */
export async function readJson<S extends z.ZodType>(request: IncomingMessage, schema: S): Promise<Outcome<z.infer<S>, BadRequest>> {
  if (request.headers['content-type']?.split(';', 1)[0]?.trim() !== 'application/json') return fail('not_json')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return fail('too_large')
    chunks.push(chunk)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return fail('not_json')
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? ok(parsed.data) : fail('wrong_shape', z.prettifyError(parsed.error).slice(0, 300))
}

export function sendBadRequest(response: ServerResponse, { code, detail }: { readonly code: BadRequest; readonly detail?: string }): void {
  // The rest of a body that is too large is not read: the connection goes with it.
  if (code === 'too_large') response.setHeader('connection', 'close')
  refuse(response, badRequests[code], detail ?? code)
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

export function refuse(response: ServerResponse, status: number, say: string, code?: ErrorCode): void {
  sendJson(response, status, { say, ...(code !== undefined && { code }) } satisfies Refusal)
}
