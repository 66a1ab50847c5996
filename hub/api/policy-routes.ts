import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { deniedName } from '../policy/deny-desk.ts'
import { policyRules } from '../policy/rules.ts'
import { ok } from '#protocol/outcome.ts'

const reason = z.string().trim().min(1).max(200)
const deny = z.strictObject({ names: z.array(deniedName).min(1).max(500), reason })
const allow = z.strictObject({ name: deniedName, reason })

/** What tills may do without the hub: see `protocol/hub-api/policy.ts`. */
export const policyRoutes = ({ policy }: Pick<Hub, 'policy'>): [string, Handler][] => [
  ['GET /api/policy', async (_request, response) => sendJson(response, 200, await policy.state())],
  ['GET /api/policy/curve', async (_request, response) => sendJson(response, 200, await policy.curve())],
  ['POST /api/policy/preview', posted(policyRules, async (rules) => ok(await policy.preview(rules)))],
  ['POST /api/policy/sign', posted(policyRules, async (rules) => ok(await policy.sign(rules)))],
  ['POST /api/denied', posted(deny, async (body) => ok(await policy.deny(body.names, body.reason)))],
  ['POST /api/denied/allow', posted(allow, async (body) => ok(await policy.allow(body.name, body.reason)))],
]
