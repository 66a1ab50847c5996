import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY } from '#protocol/time.ts'
import { apiClient } from '../../hub/api/client/generated.ts'
import type { ApiAnswer } from '../../hub/api/client/ask.ts'
import { openApi } from '../../hub/api/server.ts'
import { sandboxOf, scopes } from '../../hub/api/v1/scopes.ts'
import { apiSecrets } from '../../hub/api/v1/secrets.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { makeRig } from '../../hub/test-rig.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT } from '../demo/shop.ts'
import { paintConsole } from './console-paint.ts'
import { percentile, rounded } from './percentile.ts'
import { storePayments } from './stored-payments.ts'

export const apiHelp = `api [--payments N]
                         the hub's HTTP API over so many stored payments (default 1,000,000): creating (each durable, with its answer and its line in the audit log),
                         paging through the list, and reading the console's overview; and the console in a browser that has
                         never seen it, of a hub that nobody has asked anything: first paint, figures, and until the hub has read every posting for them. The floors: a commit of one row, and an answer without rows.`

const MERCHANTS = 1
const REQUESTS = 2000
/** As many programs as wait for an answer at the same time. */
const AT_ONCE = 8
const FLOOR_COMMITS = 200
const UNLIMITED = { burst: 1e9, perSecond: 1e9 }

export async function api(payments: number, scratch: string): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  await buildPages({ only: ['console'], log: () => {} })
  const opened = openSqliteStore(join(mkdtempSync(join(scratch, 'api-')), 'hub.db'))
  invariant(opened.ok, 'a new database opens')
  const store = opened.value
  await storePayments(store, { payments, merchants: MERCHANTS, now: systemClock.now(), endsAt: systemClock.now() + DAY })
  const rig = await makeRig({ store, clock: systemClock, timers: systemTimers })
  const shopMerchant = rig.ports.shop.merchant.id
  const warn = (line: string): void => void process.stderr.write(`${line}\n`)
  const secrets = apiSecrets(nodeCrypto.randomBytes(32))
  const served = await openApi({
    hub: rig.hub,
    timers: systemTimers,
    port: 0,
    pages: join(ROOT, '.build/pages/console'),
    demoWallets: undefined,
    bank: { store, clock: systemClock, desk: undefined },
    programs: { store, clock: systemClock, timers: systemTimers, crypto: nodeCrypto, secrets, shopMerchant, allowance: UNLIMITED, warn },
    warn,
  })
  const painted = await paintConsole(served.url)
  const clientOf = async (merchant: string, sandbox: boolean) => {
    const ask = (path: string, type: string, body: string) => fetch(`${served.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })
    const made = (await (await ask('/api/clients', 'application/json', JSON.stringify({ name: 'Bench', merchant, scopes, sandbox }))).json()) as {
      id: string
      secret: string
    }
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: made.id, client_secret: made.secret })
    const { access_token: token } = (await (await ask('/oauth/token', 'application/x-www-form-urlencoded', String(form))).json()) as { access_token: string }
    return apiClient({ url: served.url, token })
  }
  const [shop, sandbox] = [await clientOf(shopMerchant, false), await clientOf(shopMerchant, true)]

  const create = await measured((n) => sandbox.createPayment({ amountMinor: 100 + n, currency: 'EUR' }, `bench-${n}`))
  let cursor: string | undefined
  const list = await measured(async () => {
    const page = await shop.listPayments({ limit: 50, ...(cursor !== undefined && { cursor }) })
    if (page.ok) cursor = page.value.next
    return page
  })
  const floor = await measured(async () => {
    const response = await fetch(`${served.url}/api/session`)
    return { ok: true as const, status: response.status, value: await response.text() }
  })
  const commits: number[] = []
  for (let n = 0; n < FLOOR_COMMITS; n++) {
    const from = performance.now()
    await store.commit({ documents: [{ id: `floor/${sandboxOf(String(n))}`, version: 0, dueAt: undefined, body: '{}' }] })
    commits.push(performance.now() - from)
  }
  const begun = performance.now()
  await rig.hub.overview()
  const overviewMs = performance.now() - begun
  await served.close()
  await rig.hub.stop()
  await store.close()
  return {
    payments,
    create_requests_per_s: Math.round(create.perSecond),
    create_p99_ms: rounded(create.p99, 1),
    list_requests_per_s: Math.round(list.perSecond),
    list_p99_ms: rounded(list.p99, 1),
    floor_requests_per_s: Math.round(floor.perSecond),
    floor_p99_ms: rounded(floor.p99, 1),
    floor_commit_p50_ms: rounded(percentile(commits, 0.5), 2),
    floor_commit_p99_ms: rounded(percentile(commits, 0.99), 2),
    overview_ms: rounded(overviewMs, 1),
    console_first_paint_ms: Math.round(painted.firstPaintMs),
    console_figures_ms: Math.round(painted.figuresMs),
    console_whole_ms: Math.round(painted.wholeMs),
  }
}

async function measured(ask: (n: number) => Promise<ApiAnswer<unknown>>): Promise<{ readonly perSecond: number; readonly p99: number }> {
  const times: number[] = []
  let next = 0
  const begun = performance.now()
  const asking = async (): Promise<void> => {
    while (next < REQUESTS) {
      const n = next++
      const from = performance.now()
      const answer = await ask(n)
      invariant(answer.ok, answer.ok ? '' : `the API refused: ${answer.problem.code}`)
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asking))
  return { perSecond: (REQUESTS * 1000) / (performance.now() - begun), p99: percentile(times, 0.99) }
}
