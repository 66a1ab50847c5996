import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, type ErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** Under which names, and over what, the page is reached. */
export type Reach = { readonly hosts: readonly string[]; readonly port: number; readonly secure: boolean }

/**
 * Until somebody has enrolled the console belongs to whoever sits at this machine, and after that to who is signed in; a page from elsewhere in that
 * person's browser must not use it: the Host has to be ours (or a name that an attacker points at 127.0.0.1 would do: DNS rebinding), and so has the
 * Origin, where there is one (or another site's page could post forms: CSRF).
 */
export function isOurs(request: IncomingMessage, { hosts, port, secure }: Reach): boolean {
  // Browsers leave out the port that goes without saying.
  const ours = hosts.flatMap((name) => [`${name}:${port}`, ...(port === (secure ? 443 : 80) ? [name] : [])])
  const { host, origin } = request.headers
  const scheme = secure ? 'https' : 'http'
  return host !== undefined && ours.includes(host) && (origin === undefined || ours.some((name) => origin === `${scheme}://${name}`))
}

export const MAX_BODY_BYTES = 64 * 1024

const MAX_CSV_BYTES = 16 * 1024 * 1024

/** A CSV file, as it is. */
export async function readCsvBody(request: IncomingMessage): Promise<Outcome<Uint8Array, 'wire.malformed'>> {
  return typeOf(request) === 'text/csv' ? await readBody(request, MAX_CSV_BYTES) : fail('wire.malformed', 'the content type must be text/csv')
}

const typeOf = (request: IncomingMessage): string | undefined => request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Outcome<Uint8Array, 'wire.malformed'>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > maxBytes) return fail('wire.malformed', `the body is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return ok(Buffer.concat(chunks))
}

/** A body that says it is JSON, is not too long, and is JSON. Forms of other sites cannot say so without being asked for permission first. */
export async function readJson(request: IncomingMessage): Promise<Outcome<unknown, 'wire.malformed'>> {
  if (typeOf(request) !== 'application/json') return fail('wire.malformed', 'the content type must be application/json')
  const body = await readBody(request, MAX_BODY_BYTES)
  if (!body.ok) return body
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.value)))
  } catch {
    return fail('wire.malformed', 'the body is not JSON')
  }
}

/** On every answer. The page runs only its own script, and nobody frames it. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(value))
}

/** `{ code, say, next }`, and what an engineer wants to know. */
export function refuse(response: ServerResponse, status: number, code: ErrorCode, detail?: string): void {
  const { say, next } = errors[code]
  sendJson(response, status, { code, say, next, ...(detail === undefined ? {} : { detail }) })
}
