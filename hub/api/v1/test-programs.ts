import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi, type Api } from '../server.ts'
import { apiClient } from '../client/generated.ts'
import type { ApiAccess } from '../client/ask.ts'
import { createPrograms, type ProgramPorts } from './programs.ts'
import { sandboxOf, scopes, type Scope } from './scopes.ts'
import { apiSecrets } from './secrets.ts'
import type { CommandKey } from '../../sign-in/command-key.ts'
import { makeRig, type Rig } from '../../test-rig.ts'
import type { HubPorts } from '../../hub.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

/** A hub in a bottle with its API, and programs that may use it. */
export async function openTestPrograms(over: Partial<ProgramPorts> & { readonly hub?: Partial<HubPorts>; readonly commands?: CommandKey } = {}) {
  const rig: Rig = await makeRig(over.hub)
  const warnings: string[] = []
  const ports: ProgramPorts = {
    store: rig.ports.store,
    clock: rig.clock,
    timers: rig.clock,
    warn: (line) => warnings.push(line),
    crypto: nodeCrypto,
    secrets: apiSecrets(new Uint8Array(32).fill(7)),
    shopMerchant: rig.ports.shop.merchant.id,
    allowance: { burst: 1e9, perSecond: 1e9 },
    strangers: { burst: 1e9, perSecond: 1e9 },
    // No test asks the real DNS.
    resolve: () => Promise.resolve([]),
    ...over,
  }
  const api: Api = await openApi({
    hub: rig.hub,
    timers: systemTimers,
    port: 0,
    pages: join(tmpdir(), 'no such folder'),
    demoWallets: undefined,
    programs: ports,
    ...(over.commands && { commands: over.commands }),
    warn: (line) => warnings.push(line),
  })
  // The same rows by another way: what the console would do about programs.
  const desk = createPrograms({ ...ports, timers: { after: () => () => undefined } }, { ...rig.hub, onChange: () => () => undefined })
  const shop = ports.shopMerchant

  async function add(merchant: string, allowed: readonly Scope[] = scopes) {
    const response = await fetch(`${api.url}/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Test', merchant: merchant.replace('sandbox-', ''), scopes: allowed, sandbox: merchant.startsWith('sandbox-') }),
    })
    const made = (await response.json()) as { id: string; secret: string }
    const token = await desk.clients.token(made.id, made.secret, undefined)
    if (!token.ok) throw new Error(token.code)
    const access: ApiAccess = { url: api.url, token: token.value.token }
    return { ...made, access, client: apiClient(access) }
  }
  return { rig, ports, api, desk, shop, sandbox: sandboxOf(shop), warnings, add, close: () => api.close() }
}
export type TestPrograms = Awaited<ReturnType<typeof openTestPrograms>>
