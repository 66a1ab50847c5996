import { z } from 'zod'
import { PROBLEM_TYPE } from './problem.ts'
import { scopes } from './scopes.ts'
import type { Route } from './route.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonSchema = { readonly [name: string]: Json }

/** OpenAPI 3.1 of the routes: their schemas are the ones that requests are checked by. */
export function openApiDocument(routes: readonly Route[]): { readonly [name: string]: Json } {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stillpoint hub',
      version: '1',
      description:
        'Amounts are whole minor units. Every write needs an `Idempotency-Key`: the same request with the same key gets the same answer for a day. Lists are paged by cursors. Refusals are problems of RFC 9457.',
    },
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      responses: { Problem: { description: 'Refused', content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } } },
      securitySchemes: {
        token: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: Object.fromEntries(scopes.map((scope) => [scope, scope.replace(':', ', ')])) } },
        },
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
      },
    },
  }
}

const PROBLEM: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'next'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Of the table in protocol/errors.ts' },
    next: { type: 'string', description: 'What to do about it' },
    detail: { type: 'string' },
  },
}

const KEY_HEADER: JsonSchema = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  description: 'Made by the caller for this one request, and sent again with it',
}

function operation(route: Route): Json {
  const write = route.method !== 'GET'
  const body = route.body === undefined ? undefined : schemaOf(route.body, 'input')
  return {
    operationId: route.name,
    summary: route.summary,
    security: [{ token: [route.scope] }, { key: [route.scope] }],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query'), ...(write ? [KEY_HEADER] : [])],
    ...(body !== undefined && { requestBody: { required: isRequired(body), content: { 'application/json': { schema: body } } } }),
    responses: {
      [String(route.status)]: { description: 'Done', content: { 'application/json': { schema: schemaOf(route.answer, 'output') } } },
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

const isRequired = ({ required }: JsonSchema): boolean => Array.isArray(required) && required.length > 0

function parametersOf(shape: z.ZodObject, where: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(shape, 'input')
  const needed = Array.isArray(required) ? required : []
  return Object.entries(properties as Record<string, Json>).map(([name, schema]) => ({ name, in: where, required: needed.includes(name), schema }))
}

/** `input`: what may be sent; `output`: what is answered. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as JsonSchema
  return rest
}
