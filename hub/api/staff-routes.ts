import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { pinText, roles } from '#protocol/staff/staff.ts'
import { productName } from '#protocol/journal/entry.ts'

const role = z.enum(roles)
const newPerson = z.strictObject({ name: z.string().trim().pipe(productName.max(60)), role, pin: pinText.optional(), badge: z.boolean().optional() })
const newPin = z.strictObject({ pin: pinText.optional() })
const newRole = z.strictObject({ role })
const nothing = z.strictObject({})

/** Who works at the tills: see protocol/hub-api/staff.ts. */
export const staffRoutes = ({ staff, looseReturns }: Pick<Hub, 'staff' | 'looseReturns'>): [string, Handler][] => [
  ['GET /api/returns', async (_request, response) => sendJson(response, 200, await looseReturns())],
  ['GET /api/staff', (_request, response) => sendJson(response, 200, staff.state())],
  ['POST /api/staff', posted(newPerson, (person) => staff.add(person))],
  ['POST /api/staff/:id/pin', posted(newPin, ({ pin }, id) => staff.changePin(id, pin))],
  ['POST /api/staff/:id/badge', posted(nothing, (_body, id) => staff.changeBadge(id))],
  ['POST /api/staff/:id/role', posted(newRole, (body, id) => staff.changeRole(id, body.role))],
  ['POST /api/staff/:id/retire', posted(nothing, (_body, id) => staff.retire(id))],
]
