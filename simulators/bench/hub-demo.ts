import { z } from 'zod'
import { errors, isErrorCode, type ErrorCode } from '#protocol/errors.ts'
import { SECOND } from '#protocol/time.ts'

/** What the hub answers phones, as they reach it: over their own network, which the bench's cable does not carry. */
const TIMEOUT = 5 * SECOND
const MAX_ANSWER_BYTES = 256 * 1024

const refusal = z.object({ code: z.string().optional(), say: z.string().max(300).optional() })

/** `status` is for the phone: the hub's own refusal (4xx), or 502 when the hub is away or its answer is not what it should be. */
export type HubAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly say: string; readonly code?: ErrorCode }

/** GET without a body, POST with one. Never throws. */
export async function askHub<S extends z.ZodType>(hub: string, path: string, schema: S, body?: unknown): Promise<HubAnswer<z.infer<S>>> {
  let status: number
  let value: unknown
  try {
    const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(new URL(path, hub), { ...post, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) })
    status = response.status
    value = JSON.parse(await readText(response))
  } catch {
    return { ok: false, status: 502, say: 'The hub cannot be reached.' }
  }
  if (status >= 400) return { ok: false, status: status < 500 ? status : 502, ...said(value) }
  const parsed = schema.safeParse(value)
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, status: 502, say: 'The hub’s answer could not be read.' }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (body === null) return ''
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new RangeError('answer too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function said(value: unknown): { readonly say: string; readonly code?: ErrorCode } {
  const { code, say } = refusal.safeParse(value).data ?? {}
  return code !== undefined && isErrorCode(code) ? { say: errors[code].say, code } : { say: say ?? 'The hub refused.' }
}
