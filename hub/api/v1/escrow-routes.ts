import { z } from 'zod'
import { currencyCode } from './books.ts'
import { pageOf, pageQuery } from './cursor.ts'
import { nothing, withId, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import type { EscrowAct, Escrow } from '../../escrow/escrow.ts'
import { escrowStates } from '../../escrow/escrow.ts'
import { LONGEST_ESCROW } from '../../escrow/escrows.ts'
import type { HubStore } from '../../store/hub-store.ts'
import { ID_PATTERN } from '#protocol/ids.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { DAY } from '#protocol/time.ts'

const time = z.iso.datetime()
const iso = (at: number): string => new Date(at).toISOString()
const words = z.string().trim().min(1).max(500)
const minor = z.int().min(0).meta({ description: 'Minor units of the currency' })

const escrowView = z.object({
  payment: z.string(),
  state: z.enum(escrowStates),
  amountMinor: minor,
  currency: currencyCode,
  about: z.string(),
  deadline: time,
  atDeadline: z.enum(['release', 'refund']),
  evidenceUntil: time.optional(),
  said: z.array(z.object({ side: z.enum(['buyer', 'seller']), words: z.string(), at: time })),
  endedAt: time.optional(),
  refundedMinor: minor.optional(),
})

export const saidIn = ({ steps }: Pick<Escrow, 'steps'>) =>
  steps.flatMap(({ event, side = 'buyer', words: text, at }) =>
    text !== undefined && (event === 'dispute' || event === 'evidence') ? [{ side, words: text, at }] : [],
  )

const showEscrow = (escrow: Escrow): z.infer<typeof escrowView> => {
  const { payment, state, amountMinor, currency, about, deadline, atDeadline, evidenceUntil, ended } = escrow
  return {
    payment,
    state,
    amountMinor,
    currency,
    about,
    deadline: iso(deadline),
    atDeadline,
    ...(evidenceUntil !== undefined && { evidenceUntil: iso(evidenceUntil) }),
    said: saidIn(escrow).map((one) => ({ ...one, at: iso(one.at) })),
    ...(ended !== undefined && { endedAt: iso(ended.at), refundedMinor: ended.refundedMinor }),
  }
}

/**
 * Money that waits for a delivery, as the seller's programs see it. Whatever they do, it ends with the merchant or with the buyer: other payees are named, and
 * disputes decided, by people at the console alone.
 */
export function escrowRoutes({ pages, hub, shopMerchant }: RoutePorts): readonly Route[] {
  /** Somebody else's is not there. */
  const own = async (merchant: string, id: string): Promise<Escrow | undefined> => {
    const found = await hub.escrows.find(id)
    return found?.merchant === merchant ? found : undefined
  }
  const act = async (merchant: string, id: string, what: Exclude<EscrowAct, { event: 'deadline' }>, store: HubStore) => {
    if ((await own(merchant, id)) === undefined) return fail('escrow.unknown')
    const done = await hub.escrows.over(store).act(id, what)
    return done.ok ? ok(showEscrow(done.value)) : done
  }
  return [
    reading({
      path: '/v1/escrows',
      name: 'listEscrows',
      summary: 'Money that is held for deliveries, or was, by payment, newest first',
      scope: 'escrows:read',
      params: nothing,
      query: z.strictObject({ ...pageQuery.shape, state: z.enum(['open', 'ended']).optional() }),
      answer: pageOf(escrowView),
      async run({ caller: { merchant }, query: { limit, cursor, state } }) {
        const use = `escrows ${merchant} ${state ?? ''}`
        const begin = pages.begin(use, cursor)
        if (!begin.ok) return begin
        const found = await hub.escrows.list({ merchant, open: state === undefined ? undefined : state === 'open', after: begin.value, limit: limit + 1 })
        return ok(pages.end(use, found, limit, ({ payment }) => payment, showEscrow))
      },
    }),
    reading({
      path: '/v1/escrows/{id}',
      name: 'getEscrow',
      summary: 'What is held of one payment',
      scope: 'escrows:read',
      params: withId,
      query: nothing,
      answer: escrowView,
      async run({ caller: { merchant }, params: { id } }) {
        const found = await own(merchant, id)
        return found === undefined ? fail('escrow.unknown') : ok(showEscrow(found))
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/escrows',
      name: 'openEscrow',
      summary: 'Holds money of a payment by wallet until its buyer has what was bought, or until a deadline',
      scope: 'escrows:write',
      status: 201,
      params: nothing,
      query: nothing,
      body: z.strictObject({
        payment: z.string().regex(ID_PATTERN),
        amountMinor: z.int().min(1).max(100_000_000),
        about: words.meta({ description: 'What the buyer waits for: the buyer reads it' }),
        days: z
          .int()
          .min(1)
          .max(LONGEST_ESCROW / DAY)
          .meta({ description: 'Until the deadline' }),
        atDeadline: z.enum(['release', 'refund']),
      }),
      answer: escrowView,
      async run({ caller, body: { payment, days, ...said }, store }) {
        // All payments here are of the shop whose hub this is.
        if (caller.merchant !== shopMerchant) return fail('payment.unknown')
        const opened = await hub.escrows.over(store).open(payment, { ...said, forMs: days * DAY }, caller.id)
        return opened.ok ? ok(showEscrow(opened.value)) : opened
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/escrows/{id}/evidence',
      name: 'addEscrowEvidence',
      summary: 'What happened, in the seller’s words, while it is disputed',
      scope: 'escrows:write',
      status: 200,
      params: withId,
      query: nothing,
      body: z.strictObject({ words }),
      answer: escrowView,
      run: ({ caller, params: { id }, body, store }) =>
        act(caller.merchant, id, { event: 'evidence', side: 'seller', by: caller.id, words: body.words }, store),
    }),
    writing({
      method: 'POST',
      path: '/v1/escrows/{id}/give-up',
      name: 'giveUpEscrow',
      summary: 'Gives everything that is held back to the buyer',
      scope: 'escrows:write',
      status: 200,
      params: withId,
      query: nothing,
      body: z.strictObject({ words }),
      answer: escrowView,
      run: ({ caller, params: { id }, body, store }) => act(caller.merchant, id, { event: 'give_up', by: caller.id, words: body.words }, store),
    }),
  ]
}
