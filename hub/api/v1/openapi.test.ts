import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { described } from './described.ts'
import { scopes, type Scope } from './scopes.ts'
import { openTestPrograms, type TestPrograms } from './test-programs.ts'
import { MINUTE } from '#protocol/time.ts'

/** Everything here is made from the document: a new route is attacked by all of it without another word. */
type Schema = {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly format?: string
  readonly anyOf?: readonly Schema[]
}
type Parameter = { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly required: boolean; readonly schema: Schema }
type Operation = {
  readonly operationId: string
  readonly security: readonly { readonly token?: readonly Scope[] }[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}
type Document = { readonly paths: Record<string, Record<string, Operation>> }

const root = resolve(import.meta.dirname, '../../..')
const { document, client } = described()
const written = JSON.parse(readFileSync(resolve(root, 'docs/openapi.json'), 'utf8')) as Document
const operations = Object.entries(written.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)
type Operated = (typeof operations)[number]

describe('what is written down', () => {
  /** The formatter sets lines, commas and brackets as it likes. */
  const bare = (text: string): string => text.replaceAll(/[\s,;|()]/g, '')
  it('is what the routes say: run `npm run openapi` after they changed', () => {
    expect(written).toEqual(document)
    expect(bare(readFileSync(resolve(root, 'hub/api/client/generated.ts'), 'utf8'))).toBe(bare(client))
  })

  it('has a scope, an answer and a way to refuse for every operation', () => {
    for (const { operation } of operations) {
      expect(scopes).toContain(operation.security[0]?.token?.[0])
      expect(operation).toMatchObject({ operationId: expect.stringMatching(/^[a-z][a-zA-Z]+$/) as string, responses: { default: expect.anything() as object } })
    }
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  })
})

const ID = '01900000-0000-7000-8000-000000000001'

/** Something that a schema takes. */
function valid(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return valid(schema.anyOf[0] ?? {})
  if (schema.type === 'object') return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, valid(field)]))
  if (schema.type === 'array') return [valid(schema.items ?? {})]
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1)
  if (schema.type === 'boolean') return true
  if (schema.format === 'uri') return 'https://example.com/hook'
  if (schema.format === 'date-time') return '2036-01-01T00:00:00Z'
  if (schema.pattern?.includes('7[0-9a-f]') === true) return ID
  if (schema.pattern?.includes('{64}') === true) return 'a'.repeat(64)
  return schema.pattern === '^[A-Z]{3}$' ? 'EUR' : 'text'
}

const BAD: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  '0',
  'x'.repeat(10_000),
  [],
  [[[]]],
  {},
  { $ne: null },
  '\u0000',
  '\ud800',
  'Ω≈ç√∫˜µ≤≥÷ \u202e \ufeff',
  '𝕏'.repeat(500),
  "'; DROP TABLE documents; --",
  '" OR 1=1 --',
  '../../../../etc/passwd',
  '%2e%2e%2f',
  '${7*7}{{7*7}}<%= 7*7 %>',
  '<script>alert(1)</script>',
  '__proto__',
  'client/~',
  '2026-01-01T00:00:00Z',
  'NaN',
  '\r\nset-cookie: a=b',
]

let open: TestPrograms
let token: string
let keys = 0
beforeAll(async () => {
  open = await openTestPrograms()
  token = (await open.add(open.sandbox)).access.token
})
afterAll(async () => {
  await open.close()
})

type Sent = {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly body?: string
  readonly headers?: Record<string, string | undefined>
}
async function send({ path, method, operation }: Operated, sent: Sent = {}) {
  const body = sent.body ?? (operation.requestBody === undefined ? undefined : JSON.stringify(valid(operation.requestBody.content['application/json'].schema)))
  const headers: Record<string, string | undefined> = {
    authorization: `Bearer ${token}`,
    'idempotency-key': `key-${++keys}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...sent.headers,
  }
  const url = `${open.api.url}${sent.path ?? path.replaceAll(/\{\w+\}/g, ID)}${sent.query ?? ''}`
  const response = await fetch(url, {
    method: sent.method ?? method,
    headers: Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    ...(body !== undefined && (sent.method ?? method) !== 'GET' && { body }),
  })
  const text = await response.text()
  // Whatever is asked, the hub stays in charge: it answers, in its own words, and never that it broke.
  expect(response.status, `${method} ${url} ${body ?? ''}: ${text}`).toBeLessThan(500)
  if (response.status >= 400) {
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(JSON.parse(text)).toMatchObject({ status: response.status, code: expect.any(String) as string, title: expect.any(String) as string })
  }
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  return { status: response.status, text, headers: response.headers }
}

const rows = async (): Promise<readonly string[]> =>
  (await open.ports.store.documents({ prefix: '', limit: 10_000 }))
    .filter(({ id }) => !/^(answer|audit|audit-of|client)\//.test(id))
    .map(({ id, version }) => `${id} ${version}`)

const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined)
const writes = operations.filter(({ method }) => method !== 'GET')

describe.each(operations)('$method $path', (operated) => {
  const { path, operation } = operated
  const scope = operation.security[0]?.token?.[0] ?? 'audit:read'

  it('does nothing for who is not known, has not the scope, or had it until now', async () => {
    const before = await rows()
    const others: Scope[] = scopes.filter((one) => one !== scope)
    const narrow = (await open.add(open.sandbox, others)).access.token
    for (const authorization of [
      undefined,
      'Bearer',
      'Bearer x',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer spk_${ID}_x`,
      'Bearer spt_e30.AAAA',
      `Bearer ${'a'.repeat(9000)}`,
    ])
      expect((await send(operated, { headers: { authorization } })).status).toBe(401)
    expect((await send(operated, { headers: { authorization: `Bearer ${narrow}` } })).status).toBe(403)
    const late = (await open.add(open.sandbox)).access.token
    open.rig.clock.advance(15 * MINUTE)
    expect((await send(operated, { headers: { authorization: `Bearer ${late}` } })).status).toBe(401)
    token = (await open.add(open.sandbox)).access.token
    expect(await rows()).toEqual(before)
  })

  it('takes no other method', async () => {
    const known = operations.filter((one) => one.path === path).map((one) => one.method)
    for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((name) => !known.includes(name))) {
      const answer = await send(operated, { method: other })
      expect([answer.status, answer.headers.get('allow')?.split(', ').toSorted()]).toEqual([405, known.toSorted()])
    }
  })

  it('takes what is in the address as it is, or refuses it', async () => {
    const asked = operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name)
    for (const name of asked) expect((await send(operated, { query: `?${name}=1&${name}=2` })).status).toBe(400)
    for (const value of BAD.map(String)) {
      const written = encodeURIComponent(value.isWellFormed() ? value.slice(0, 3000) : 'x')
      if (path.includes('{') && written !== '') {
        const answer = await send(operated, { path: path.replaceAll(/\{\w+\}/g, written) })
        expect([400, 404, 405, 414]).toContain(answer.status)
      }
      for (const name of asked) await send(operated, { query: `?${name}=${written}` })
      expect((await send(operated, { query: `?unknown=${written}` })).status).toBe(400)
    }
  })
})

it.each(withBody)('$method $path takes no body of another shape', async (operated) => {
  const schema = operated.operation.requestBody?.content['application/json'].schema ?? {}
  const right = valid(schema) as Record<string, unknown>
  const before = await rows()
  for (const body of ['', '{', '"x"', '[]', 'null', '{"__proto__":{"x":1}}', JSON.stringify({ ...right, more: 1 }), `{"a":${'['.repeat(5000)}`])
    if (body !== 'null' || (schema.required ?? []).length > 0) expect([400, 409]).toContain((await send(operated, { body })).status)
  expect((await send(operated, { body: JSON.stringify({ x: 'x'.repeat(70_000) }) })).status).toBe(413)
  expect((await send(operated, { headers: { 'content-type': 'text/xml' } })).status).toBe(415)
  for (const name of schema.required ?? []) {
    const { [name]: _missing, ...rest } = right
    expect((await send(operated, { body: JSON.stringify(rest) })).status).toBe(400)
  }
  expect(await rows()).toEqual(before)
  for (const name of Object.keys(schema.properties ?? {})) for (const value of BAD) await send(operated, { body: JSON.stringify({ ...right, [name]: value }) })
})

it.each(writes)('$method $path answers a key that comes again as it did, and refuses it for something else', async (operated) => {
  const { operation } = operated
  const headers = { 'idempotency-key': `again-${operation.operationId}` }
  const first = await send(operated, { headers })
  const after = await rows()
  const second = await send(operated, { headers })
  expect([second.status, second.text]).toEqual([first.status, first.text])
  expect(await rows()).toEqual(after)
  const other = operations.find((one) => one.method === 'POST' && one.operation.operationId !== operation.operationId)
  if (other !== undefined) expect((await send(other, { headers })).status).toBe(422)
})
