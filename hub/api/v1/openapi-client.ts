import type { JsonSchema } from './openapi.ts'

/** Only what `openapi.ts` writes. */
type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: JsonSchema }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } }
  readonly responses: { readonly [status: string]: { readonly content?: { readonly 'application/json'?: { readonly schema: JsonSchema } } } }
}
type Document = { readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } } }

const HEAD = `// Made from docs/openapi.json by hub/api/v1/describe-cli.ts: change the routes, not this.
import { ask, type ApiAccess, type ApiAnswer } from './ask.ts'

`

/** TypeScript of a client for the document: one function an operation. As text; the formatter does the rest. */
export function clientFor(document: unknown): string {
  const { paths } = document as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method, path, operation })))
  const names = namesOf(operations.map(({ operation }) => operation))
  const types = [...names].map(([type, name]) => `export type ${name} = ${type}\n`).join('')
  const functions = operations.map(({ method, path, operation }) => functionFor(method, path, operation)).join('')
  const shorter = [...names].reduce((text, [type, name]) => text.replaceAll(type, name), functions)
  return `${HEAD}${types}\n/** The hub's API. Every function answers with a value, or with the problem that the hub told. */\nexport const apiClient = (access: ApiAccess) => ({\n${shorter}})\n`
}

/** What `getPayment` answers is a `Payment` wherever it comes: it is written once, and whoever uses the client can name it. */
const namesOf = (operations: readonly Operation[]): ReadonlyMap<string, string> =>
  new Map(
    operations
      .filter(({ operationId }) => operationId.startsWith('get'))
      .map((operation) => [typeOf(answerOf(operation)), operation.operationId.slice('get'.length)]),
  )

const answerOf = ({ responses }: Operation): JsonSchema =>
  Object.values(responses).find(({ content }) => content !== undefined)?.content?.['application/json']?.schema ?? {}

function functionFor(method: string, path: string, operation: Operation): string {
  const { operationId, summary, parameters, requestBody } = operation
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const body = requestBody?.content['application/json'].schema
  const isWrite = method !== 'get'
  const args = [
    ...inPath.map(({ name, schema }) => `${name}: ${typeOf(schema)}`),
    ...(inQuery.length > 0
      ? [`query: { ${inQuery.map(({ name, schema, required }) => `${name}${required ? '' : '?'}: ${typeOf(schema)}`).join('; ')} } = {}`]
      : []),
    ...(hasFields(body) ? [`body: ${typeOf(body)}`] : []),
    ...(isWrite ? ['idempotencyKey: string'] : []),
  ]
  const address = `\`${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `\${encodeURIComponent(${name})}`)}\``
  const parts = [
    `method: '${method.toUpperCase()}'`,
    `path: ${inPath.length > 0 ? address : `'${path}'`}`,
    ...(inQuery.length > 0 ? ['query'] : []),
    ...(hasFields(body) ? ['body'] : body === undefined ? [] : ['body: {}']),
    ...(isWrite ? ['idempotencyKey'] : []),
  ]
  return `  /** ${summary}. */\n  ${operationId}: (${args.join(', ')}): Promise<ApiAnswer<${typeOf(answerOf(operation))}>> => ask(access, { ${parts.join(', ')} }),\n`
}

const hasFields = (schema: JsonSchema | undefined): schema is JsonSchema => Object.keys((schema?.['properties'] as object | undefined) ?? {}).length > 0

/** The type of what a schema describes: of those that zod makes of our routes, no more. */
function typeOf(schema: JsonSchema): string {
  const { type, enum: values, properties, required, items, anyOf } = schema
  if (Array.isArray(values)) return values.map((value) => quoted(String(value))).join(' | ')
  if (Array.isArray(anyOf)) return anyOf.map((one) => typeOf(one as JsonSchema)).join(' | ')
  if (type === 'string' || type === 'boolean') return type
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'array') return `readonly (${typeOf(items as JsonSchema)})[]`
  if (properties === undefined) return 'object'
  const needed = Array.isArray(required) ? required : []
  const fields = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, field]) => `readonly ${/^\w+$/.test(name) ? name : quoted(name)}${needed.includes(name) ? '' : '?'}: ${typeOf(field)}`,
  )
  return `{ ${fields.join('; ')} }`
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`\'`)}'`
