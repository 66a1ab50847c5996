import type { Problem } from '../v1/problem.ts'

/** `token`: an API key, or an access token. */
export type ApiAccess = { readonly url: string; readonly token: string }
/** `status` is that of HTTP. A problem that is none of RFC 9457's is a broken connection or somebody else's server, and throws. */
export type ApiAnswer<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly problem: Problem }

type Asked = {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: object
  readonly idempotencyKey?: string
}

/** One request of the client, as it is. Whoever tries again sends the same key. */
export async function ask<T>({ url, token }: ApiAccess, { method, path, query = {}, body, idempotencyKey }: Asked): Promise<ApiAnswer<T>> {
  const address = new URL(path, url)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, String(value))
  const response = await fetch(address, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const said: unknown = await response.json()
  return response.ok ? { ok: true, status: response.status, value: said as T } : { ok: false, status: response.status, problem: said as Problem }
}
