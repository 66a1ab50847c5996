import { z } from 'zod'
import { errors, isErrorCode } from '#protocol/errors.ts'
import { currency, epochMs } from '#protocol/journal/entry.ts'
import { SECOND } from '#protocol/time.ts'
import { walletId } from './contract.ts'

/** The hub's demo endpoints for wallets, as a phone reaches them: over its own network, which the bench's cable does not carry. */
const TIMEOUT = 5 * SECOND
const MAX_ANSWER_BYTES = 256 * 1024

const minor = z.int()

/** What a phone needs to show codes while it has no network. */
export const credentialAnswer = z.object({
  wallet: walletId,
  credential: z
    .string()
    .max(4096)
    .regex(/^(?:[0-9a-f]{2})+$/),
  balanceMinor: minor,
  currency,
  expiresAtMs: epochMs,
})

export const balanceAnswer = z.object({
  balanceMinor: minor,
  currency,
  payments: z
    .array(z.object({ paymentId: z.string().max(64), amountMinor: minor, merchant: z.string().max(200), at: epochMs, state: z.string().max(40) }))
    .max(500),
})

const refusal = z.object({ code: z.string().optional(), say: z.string().max(300).optional() })

/** `status` is for the phone: the hub's own refusal (4xx), or 502 when the hub is away or its answer is not what it should be. */
export type HubAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: number; readonly say: string }

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
  if (status >= 400) return { ok: false, status: status < 500 ? status : 502, say: sentence(value) }
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

function sentence(value: unknown): string {
  const { code, say } = refusal.safeParse(value).data ?? {}
  return code !== undefined && isErrorCode(code) ? errors[code].say : (say ?? 'The hub refused.')
}
