import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { refuse, sendJson } from './guard.ts'
import type { Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { caseOutcomes, proposalIn, type RiskCase } from '../risk/case.ts'
import { chosenSettings } from '../risk/settings.ts'
import type { RiskCaseFile, RiskCasesState, RiskCaseView } from '#protocol/hub-api/risk-cases.ts'

const MAX_SHOWN = 200
const MAX_CLOSED = 20
const MAX_BEFORE = 20
const by = z.string().trim().min(1).max(80).optional()
const words = z.string().trim().min(1).max(500)
const outcome = z.enum(caseOutcomes)

/** What risk thought of payments, and what people make of it: see protocol/hub-api/risk-cases.ts. */
export function riskRoutes({ risk }: Pick<Hub, 'risk'>, whoAsks: WhoAsks): [string, Handler][] {
  if (risk === undefined) return []
  const { cases, desk } = risk
  async function state(request: IncomingMessage): Promise<RiskCasesState> {
    const who = await whoAsks(request)
    const [open, closed] = [await cases.list({ open: true, limit: MAX_SHOWN }), await cases.list({ open: false, limit: MAX_CLOSED })]
    const waiting = open.toSorted((a, b) => a.openedAt - b.openedAt)
    return { ...(who !== undefined && { who }), open: waiting.map(viewOf), closed: closed.map(viewOf), settings: desk.settings }
  }
  async function file(payment: string): Promise<RiskCaseFile | undefined> {
    const known = await cases.find(payment)
    if (known === undefined) return undefined
    const explanation = await risk?.explain(payment)
    const before = ((await risk?.paymentsOf(known.card, MAX_BEFORE + 1)) ?? []).filter(({ id, at }) => id !== payment && at <= (explanation?.at ?? Infinity))
    return {
      case: viewOf(known),
      ...(explanation !== undefined && { explanation }),
      before: before.slice(0, MAX_BEFORE).map(({ id, at, amountMinor, currency, risk: decided, state: became }) => ({
        payment: id,
        at,
        amountMinor,
        currency,
        state: became,
        ...(decided !== undefined && { outcome: decided }),
      })),
    }
  }
  const acting = actingFor(whoAsks, state)
  return [
    ['GET /api/risk/cases', async (request, response) => sendJson(response, 200, await state(request))],
    [
      'GET /api/risk/cases/:id',
      async (_request, response, payment) => {
        const found = await file(payment)
        if (found === undefined) refuse(response, 404, 'case.unknown')
        else sendJson(response, 200, found)
      },
    ],
    [
      'GET /api/risk/payments/:id',
      async (_request, response, payment) => {
        const found = await risk.explain(payment)
        if (found === undefined) refuse(response, 404, 'risk.unknown', 'risk was not asked about this payment')
        else sendJson(response, 200, found)
      },
    ],
    [
      'POST /api/risk/cases/:id/assign',
      acting(z.strictObject({ to: z.string().trim().min(1).max(80).optional(), by }), ({ to }, who, payment) =>
        cases.act(payment, { event: 'assign', by: who, to: to ?? who }),
      ),
    ],
    [
      'POST /api/risk/cases/:id/note',
      acting(z.strictObject({ words, by }), (body, who, payment) => cases.act(payment, { event: 'note', by: who, words: body.words })),
    ],
    [
      'POST /api/risk/cases/:id/evidence',
      acting(z.strictObject({ words, by }), (body, who, payment) => cases.act(payment, { event: 'evidence', by: who, words: body.words })),
    ],
    [
      'POST /api/risk/cases/:id/decide',
      acting(z.strictObject({ outcome, words, by }), (body, who, payment) =>
        cases.act(payment, { event: 'decide', by: who, outcome: body.outcome, words: body.words }),
      ),
    ],
    [
      'POST /api/risk/cases/:id/agree',
      acting(z.strictObject({ outcome, by }), (body, who, payment) => cases.act(payment, { event: 'agree', by: who, outcome: body.outcome })),
    ],
    [
      'POST /api/risk/cases/:id/refuse',
      acting(z.strictObject({ words, by }), (body, who, payment) => cases.act(payment, { event: 'refuse', by: who, words: body.words })),
    ],
    ['POST /api/risk/settings', acting(chosenSettings, ({ by: _by, ...wanted }, who) => desk.set(wanted, who))],
  ]
}

function viewOf(known: RiskCase): RiskCaseView {
  const { riskSeq: _seq, probability, ...rest } = known
  const { outcome: proposed, by: proposer, words: why } = proposalIn(known) ?? {}
  return {
    ...rest,
    ...(probability !== undefined && { probability }),
    ...(proposed !== undefined && proposer !== undefined && { proposed: { outcome: proposed, by: proposer, words: why ?? '' } }),
  }
}
