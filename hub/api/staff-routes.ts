import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import type { Hub } from '../hub.ts'
import { pinText, roles } from '#protocol/staff/staff.ts'
import { productName } from '#protocol/journal/entry.ts'

const role = z.enum(roles)
const newPerson = z.strictObject({ name: z.string().trim().pipe(productName.max(60)), role, pin: pinText.optional(), badge: z.boolean().optional() })
const newPin = z.strictObject({ pin: pinText.optional() })
const newRole = z.strictObject({ role })
const nothing = z.strictObject({})

/** Who works at the tills: see protocol/hub-api/staff.ts. */
export const staffRoutes = ({ staff, looseReturns }: Pick<Hub, 'staff' | 'looseReturns'>, whoAsks: WhoAsks): [string, Handler][] => [
  ['GET /api/returns', async (_request, response) => sendJson(response, 200, await looseReturns())],
  ['GET /api/staff', (_request, response) => sendJson(response, 200, staff.state())],
  ['POST /api/staff', posted(newPerson, async (person, _id, request) => staff.add(person, await whoAsks(request)))],
  ['POST /api/staff/:id/pin', posted(newPin, async ({ pin }, id, request) => staff.changePin(id, pin, await whoAsks(request)))],
  ['POST /api/staff/:id/badge', posted(nothing, async (_body, id, request) => staff.changeBadge(id, await whoAsks(request)))],
  ['POST /api/staff/:id/role', posted(newRole, async (body, id, request) => staff.changeRole(id, body.role, await whoAsks(request)))],
  ['POST /api/staff/:id/retire', posted(nothing, async (_body, id, request) => staff.retire(id, await whoAsks(request)))],
]
