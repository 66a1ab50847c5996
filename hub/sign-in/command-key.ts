import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'

/**
 * What the commands of the hub's machine (`npm run staff` and its like) show a hub at which people sign in. It is made anew at each start, lies in the hub's
 * folder for as long as the hub runs, and only the hub's own user can read it there: who can could also stop the hub and change its files.
 */
const FILE = 'command-key'
const KEY_BYTES = 32
const SCHEME = 'Bearer '

/** What it is good for: what the commands do, and nothing that pays, decides about policies or lets somebody in. */
const ROUTES = new Set([
  'GET /api/staff',
  'POST /api/staff',
  'POST /api/staff/:id/pin',
  'POST /api/staff/:id/badge',
  'POST /api/staff/:id/role',
  'POST /api/staff/:id/retire',
  'POST /api/catalogue',
  'POST /api/catalogue/apply',
  'GET /api/trace/:id',
  'GET /api/conservation',
  'GET /api/settlement/recount',
  'GET /api/escrows/recount',
  'POST /api/import',
])

export type CommandKey = {
  /** Whether whoever sends this `Authorization` may have `route` done. */
  admits(route: string, authorization: string | undefined): boolean
}

/** Keeps no more of the key than its hash: how long a comparison takes then says nothing about the key. */
export function commandKey(crypto: Pick<Crypto, 'sha256'>, key: string): CommandKey {
  const digest = (text: string): string => hex(crypto.sha256(utf8(text)))
  const known = digest(SCHEME + key)
  return { admits: (route, authorization) => ROUTES.has(route) && authorization !== undefined && digest(authorization) === known }
}

export function leaveCommandKey(data: string, crypto: Pick<Crypto, 'sha256' | 'randomBytes'>): CommandKey {
  const key = base64url(crypto.randomBytes(KEY_BYTES))
  writeDurably(join(data, FILE), `${key}\n`, 0o600)
  return commandKey(crypto, key)
}

export const removeCommandKey = (data: string): void => rmSync(join(data, FILE), { force: true })

/** Of the hub that runs in this folder, or of one that was killed there, which is good for nothing. */
export const commandKeyIn = (data: string): string | undefined => (existsSync(join(data, FILE)) ? readFileSync(join(data, FILE), 'utf8').trim() : undefined)

export const authorizationOf = (key: string): string => SCHEME + key
