import { z } from 'zod'
import type { Events } from './events.ts'
import { walletRoutes } from './wallet-routes.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { creditRoutes } from './credit-routes.ts'
import { escrowRoutes } from './escrow-routes.ts'
import { fleetRoutes } from './fleet-routes.ts'
import { policyRoutes } from './policy-routes.ts'
import { receiptRoutes } from './receipt-routes.ts'
import { rateRoutes } from './rate-routes.ts'
import { riskRoutes } from './risk-routes.ts'
import { riskRuleRoutes } from './risk-rule-routes.ts'
import { bankRoutes, type BankRoutes } from './bank-routes.ts'
import type { WhoAsks } from './acting.ts'
import { settlementRoutes } from './settlement-routes.ts'
import { staffRoutes } from './staff-routes.ts'
import { tillRoutes } from './till-routes.ts'
import { refuse, sendJson } from './guard.ts'
import { answer, posted, type Handler } from './posted.ts'
import type { DemoWallets } from '../demo-wallets.ts'
import type { Hub } from '../hub.ts'
import type { WalletDesk } from '../wallets/desk.ts'
import { hash } from '#protocol/journal/entry.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'

const newWallet = z.strictObject({ publicKey: hash, name: z.string().trim().min(1).max(80).optional() })
/** Where a list goes on. */
const place = z.coerce.number().int().positive().safe().optional()
const nothing = z.strictObject({})
const withReason = z.strictObject({ reason: z.string().trim().min(1).max(200) })

/** Who gives play money, and whom phones ask: a hub may have neither. */
export type Banks = {
  readonly demoWallets: Pick<DemoWallets, 'open'> | undefined
  readonly wallets?: WalletDesk | undefined
  readonly whoAsks?: WhoAsks | undefined
  /** Files of the bank, and where all money is. */
  readonly bank?: BankRoutes | undefined
}

/** `METHOD /path`, in which one part may be `:id`. GET only reads. */
export function routes(
  hub: Hub,
  events: Events,
  { demoWallets: demo, wallets, whoAsks = () => Promise.resolve(undefined), bank }: Banks,
): ReadonlyMap<string, Handler> {
  /** What a person has done about a payment shows in it. */
  const detailAfter = async (id: string, done: Outcome<void>): Promise<Outcome<unknown>> => (done.ok ? ok(await hub.payment(id)) : done)
  const all: [string, Handler][] = [
    ['GET /api/overview', async (_request, response) => sendJson(response, 200, await hub.overview())],
    [
      'GET /api/events',
      (_request, response) => {
        if (!events.open(response)) refuse(response, 503, 'wire.no_answer', 'too many consoles are open')
      },
    ],
    [
      'GET /api/payments',
      async (request, response) => {
        const before = place.safeParse(new URL(request.url ?? '', 'http://hub').searchParams.get('before') ?? undefined)
        if (before.success) sendJson(response, 200, await hub.payments(before.data))
        else refuse(response, 400, 'wire.malformed', 'before is a place in the list')
      },
    ],
    [
      'GET /api/payments/:id',
      async (_request, response, id) => {
        const detail = await hub.payment(id)
        if (detail === undefined) refuse(response, 404, 'wire.malformed', 'no such payment')
        else sendJson(response, 200, detail)
      },
    ],
    ['GET /api/trace/:id', async (_request, response, key) => sendJson(response, 200, await hub.trace(key))],
    ['POST /api/payments/:id/retry', posted(nothing, async (_body, id) => await detailAfter(id, await hub.retryPayment(id)))],
    ['POST /api/payments/:id/write-off', posted(withReason, async ({ reason }, id) => await detailAfter(id, await hub.writeOff(id, reason)))],
    ['POST /api/payments/:id/refund-again', posted(withReason, async ({ reason }, id) => await detailAfter(id, await hub.refundAgain(id, reason)))],
    ...tillRoutes(hub, whoAsks),
    ...catalogueRoutes(hub, whoAsks),
    ...staffRoutes(hub, whoAsks),
    ['POST /api/customers', posted(nothing, () => hub.newCard())],
    ...receiptRoutes(hub),
    ...policyRoutes(hub),
    ...creditRoutes(hub),
    ...settlementRoutes(hub, whoAsks),
    ...escrowRoutes(hub, whoAsks),
    ...rateRoutes(hub, whoAsks),
    ...riskRoutes(hub, whoAsks),
    ...riskRuleRoutes(hub, whoAsks),
    ...fleetRoutes(hub, whoAsks),
    ['POST /api/import', async (request, response) => answer(response, await hub.import(request as AsyncIterable<Uint8Array>))],
    ['POST /enrol', posted(z.unknown(), async (body) => onlyAnswer(await hub.enrol(body)))],
  ]
  if (wallets !== undefined) all.push(...walletRoutes(wallets))
  if (bank !== undefined) all.push(...bankRoutes(bank, whoAsks))
  if (demo !== undefined) {
    all.push(['POST /demo/wallets', posted(newWallet, ({ publicKey, name }) => demo.open(publicKey, name ?? 'Wallet'))])
  }
  return new Map(all)
}

const onlyAnswer = <T>(outcome: Outcome<{ readonly answer: T }>): Outcome<T> => (outcome.ok ? { ok: true, value: outcome.value.answer } : outcome)
