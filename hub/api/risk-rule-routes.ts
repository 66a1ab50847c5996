import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { refuse, sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { listedKey } from '../risk/listed.ts'
import { cardAsMarkdown } from '../risk/model-card.ts'
import { draftRules } from '../risk/rule-desk.ts'
import { listedKinds, listedWords, type RulesState } from '#protocol/hub-api/risk-rules.ts'
import type { ModelState } from '#protocol/hub-api/risk-model.ts'
import { DAY } from '#protocol/time.ts'

const by = z.string().trim().min(1).max(80).optional()
const note = z.string().trim().min(1).max(500)
const version = z.int().nonnegative()
const listed = { kind: z.enum(listedKinds), key: listedKey }
const LONGEST_DAYS = 3650

/** Rules and models, and what people change about them: see protocol/hub-api/risk-rules.ts and risk-model.ts. */
export function riskRuleRoutes({ risk }: Pick<Hub, 'risk'>, whoAsks: WhoAsks): [string, Handler][] {
  if (risk === undefined) return []
  const { rules, models } = risk
  const named = async <T extends object>(request: IncomingMessage, state: T): Promise<T & { readonly who?: string }> => {
    const who = await whoAsks(request)
    return { ...state, ...(who !== undefined && { who }) }
  }
  const rulesState = async (request: IncomingMessage): Promise<RulesState> => await named(request, await rules.state())
  const modelState = async (request: IncomingMessage): Promise<ModelState> => await named(request, await models.state())
  const onRules = actingFor(whoAsks, rulesState)
  const onModels = actingFor(whoAsks, modelState)
  return [
    ['GET /api/risk/rules', async (request, response) => sendJson(response, 200, await rulesState(request))],
    ['POST /api/risk/rules/try', posted(z.strictObject({ rules: draftRules }), ({ rules: draft }) => rules.tryOut(draft))],
    [
      'POST /api/risk/rules/put',
      onRules(z.strictObject({ digest: z.string().max(64), note, by }), (body, who) => rules.putInForce(body.digest, who, body.note)),
    ],
    ['POST /api/risk/rules/back', onRules(z.strictObject({ version, note, by }), (body, who) => rules.takeBack(body.version, who, body.note))],
    [
      'POST /api/risk/lists',
      onRules(
        z.strictObject({ ...listed, word: z.enum(listedWords), reason: note, days: z.int().min(1).max(LONGEST_DAYS), by }),
        ({ days, by: _by, ...entry }, who) => rules.listed.say({ ...entry, by: who, forMs: days * DAY }),
      ),
    ],
    ['POST /api/risk/lists/end', onRules(z.strictObject({ ...listed, by }), ({ kind, key }) => rules.listed.unsay(kind, key))],
    ['GET /api/risk/model', async (request, response) => sendJson(response, 200, await modelState(request))],
    [
      'GET /api/risk/models/:id/card',
      async (_request, response, id) => {
        const card = /^\d{1,8}$/.test(id) ? await models.card(Number(id)) : undefined
        if (card === undefined) return refuse(response, 404, 'risk.unknown')
        response.writeHead(200, {
          'content-type': 'text/markdown; charset=utf-8',
          'content-disposition': `attachment; filename="risk-model-${card.version}.md"`,
        })
        response.end(cardAsMarkdown(card))
      },
    ],
    ['POST /api/risk/model/train', onModels(z.strictObject({ by }), async () => ({ ok: true, value: await models.train() }))],
    ['POST /api/risk/model/put', onModels(z.strictObject({ version, by }), (body) => models.putInForce(body.version))],
    ['POST /api/risk/model/hold', onModels(z.strictObject({ isHeld: z.boolean(), by }), (body) => models.letTrain(body.isHeld))],
  ]
}
