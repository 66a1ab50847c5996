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
  const functions = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => functionFor(method, path, operation)),
  )
  return `${HEAD}/** The hub's API. Every function answers with a value, or with the problem that the hub told. */\nexport const apiClient = (access: ApiAccess) => ({\n${functions.join('')}})\n`
}

function functionFor(method: string, path: string, { operationId, summary, parameters, requestBody, responses }: Operation): string {
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const answer = Object.values(responses).find(({ content }) => content !== undefined)?.content?.['application/json']?.schema
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
  return `  /** ${summary}. */\n  ${operationId}: (${args.join(', ')}): Promise<ApiAnswer<${typeOf(answer ?? {})}>> => ask(access, { ${parts.join(', ')} }),\n`
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
