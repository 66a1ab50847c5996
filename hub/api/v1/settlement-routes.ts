import { z } from 'zod'
import { currencyCode } from './books.ts'
import { pageOf, pageQuery } from './cursor.ts'
import { nothing, withId, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import { mayApprove, payoutStates, type Payout } from '../../settlement/payout.ts'
import { createPayouts } from '../../settlement/payouts.ts'
import { netOf, totalNames, type SettlementWindow, type TotalName } from '../../settlement/window.ts'
import { fail, ok } from '#protocol/outcome.ts'

const time = z.iso.datetime()
const iso = (at: number): string => new Date(at).toISOString()
/** Sums outgrow 2^53. */
const total = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .meta({ description: 'Minor units of the currency, as decimal text' })

const windowView = z.object({
  id: z.string(),
  currency: currencyCode,
  startsAt: time,
  endsAt: time,
  state: z.enum(['open', 'closed']),
  postings: z.int(),
  totals: z.object(Object.fromEntries(totalNames.map((name) => [name, total])) as Record<TotalName, typeof total>),
  netMinor: total,
  payout: z.string().optional(),
})
const payoutAccount = z.object({ iban: z.string(), name: z.string(), bic: z.string().optional() })
export const payoutView = z.object({
  id: z.string(),
  state: z.enum(payoutStates),
  amountMinor: total,
  currency: currencyCode,
  account: payoutAccount,
  windows: z.array(z.string()),
  createdAt: time,
  createdBy: z.string(),
  approvedBy: z.string().optional(),
  digest: z.string().meta({ description: 'Of all this: an approval names what it saw' }),
})

function showWindow({ id, currency, startsAt, endsAt, state, postings, totals, closed }: SettlementWindow): z.infer<typeof windowView> {
  const texts = Object.fromEntries(totalNames.map((name) => [name, String(totals[name])])) as Record<TotalName, string>
  const payout = closed?.payout
  return {
    id,
    currency,
    startsAt: iso(startsAt),
    endsAt: iso(endsAt),
    state,
    postings,
    totals: texts,
    netMinor: String(netOf(totals)),
    ...(payout !== undefined && { payout }),
  }
}

/** What a merchant's money came to, and how it goes to its bank. */
export function settlementRoutes({ clock, crypto, pages, hub }: RoutePorts): readonly Route[] {
  const { payouts } = hub.settlement
  const showPayout = (payout: Payout): z.infer<typeof payoutView> => ({
    id: payout.payoutId,
    state: payout.state,
    amountMinor: String(payout.amountMinor),
    currency: payout.currency,
    account: payout.account,
    windows: [...payout.windows],
    createdAt: iso(payout.createdAt),
    createdBy: payout.createdBy,
    ...(payout.approvedBy !== undefined && { approvedBy: payout.approvedBy }),
    digest: payouts.digestOf(payout),
  })
  /** Somebody else's is not there. */
  const own = async (merchant: string, id: string): Promise<Payout | undefined> => {
    const found = await payouts.find(id)
    return found?.merchant === merchant ? found : undefined
  }
  return [
    reading({
      path: '/v1/settlement-windows',
      name: 'listSettlementWindows',
      summary: 'Settlement windows, by currency, the last end first',
      scope: 'settlement:read',
      params: nothing,
      query: pageQuery,
      answer: pageOf(windowView),
      async run({ caller: { merchant }, query: { limit, cursor } }) {
        const use = `windows ${merchant}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        return ok(pages.end(use, await hub.settlement.windows({ of: merchant, after: begin.value, limit: limit + 1 }), limit, ({ id }) => id, showWindow))
      },
    }),
    reading({
      path: '/v1/payouts',
      name: 'listPayouts',
      summary: 'Payouts, newest first',
      scope: 'payouts:read',
      params: nothing,
      query: z.strictObject({ ...pageQuery.shape, state: z.enum(payoutStates).optional() }),
      answer: pageOf(payoutView),
      async run({ caller: { merchant }, query: { limit, cursor, state } }) {
        const use = `payouts ${merchant} ${state ?? ''}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        const found = await payouts.list({ merchant, state, after: begin.value, limit: limit + 1 })
        return ok(pages.end(use, found, limit, ({ payoutId }) => payoutId, showPayout))
      },
    }),
    reading({
      path: '/v1/payouts/{id}',
      name: 'getPayout',
      summary: 'One payout',
      scope: 'payouts:read',
      params: withId,
      query: nothing,
      answer: payoutView,
      async run({ caller: { merchant }, params: { id } }) {
        const found = await own(merchant, id)
        return found === undefined ? fail('payout.unknown') : ok(showPayout(found))
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/payouts/{id}/approve',
      name: 'approvePayout',
      summary: 'Approves a payout as it was shown. Not by who proposed it, nor by who named the account',
      scope: 'payouts:approve',
      status: 200,
      params: withId,
      query: nothing,
      body: z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) }),
      answer: payoutView,
      async run({ caller, params: { id }, body: { digest }, store }) {
        const payout = await own(caller.merchant, id)
        if (payout === undefined) return fail('payout.unknown')
        // Or who named the account would let in a program that approves it.
        if (caller.madeBy !== undefined && !mayApprove(payout, caller.madeBy)) return fail('payout.same_person', `the program is of ${caller.madeBy}`)
        const approved = await createPayouts({ clock, crypto, store, merchants: hub.merchants, changed: () => undefined }).approve(id, caller.id, digest)
        return approved.ok ? ok(showPayout(approved.value)) : approved
      },
    }),
  ]
}
