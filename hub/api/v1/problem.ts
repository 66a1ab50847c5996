import { errors, type ErrorCode } from '#protocol/errors.ts'

/** A refusal in HTTP (RFC 9457). `code` is the hub's own; `next` is what to do about it. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly next: string
  readonly detail?: string
}
export const PROBLEM_TYPE = 'application/problem+json'

const statuses: Partial<Record<ErrorCode, number>> = {
  'api.who': 401,
  'api.not_allowed': 403,
  'api.sandbox_only': 403,
  'api.unknown': 404,
  'payout.unknown': 404,
  'merchant.unknown': 404,
  'payment.unknown': 404,
  'escrow.unknown': 404,
  'api.no_such_method': 405,
  'api.key_in_flight': 409,
  'entry.illegal_transition': 409,
  'api.too_large': 413,
  'api.key_reused': 422,
  'webhook.bad_address': 422,
  'api.too_often': 429,
  'till.disk_full': 507,
}
/** What says nothing else is a request that cannot be done as things are. */
export const statusOf = (code: ErrorCode): number => statuses[code] ?? (code === 'wire.malformed' || code === 'api.key_missing' ? 400 : 409)

export function problem(code: ErrorCode, detail?: string, status = statusOf(code)): Problem {
  const { say, next } = errors[code]
  return { type: `urn:stillpoint:problem:${code}`, title: say, status, code, next, ...(detail !== undefined && { detail }) }
}
