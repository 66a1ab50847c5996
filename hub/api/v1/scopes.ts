/** What a program may be allowed to do, each by name (RFC 6749 §3.3). */
export const scopes = [
  'payments:read',
  'payments:write',
  'merchants:read',
  'merchants:propose',
  'settlement:read',
  'payouts:read',
  'payouts:approve',
  'escrows:read',
  'escrows:write',
  'webhooks:manage',
  'clients:manage',
  'audit:read',
] as const
export type Scope = (typeof scopes)[number]

/** Who asks, once that is known. Whatever he sees or moves belongs to his merchant: routes get no other. */
export type Caller = {
  /** `client/…`, as the audit log names him. */
  readonly id: string
  readonly merchant: string
  readonly scopes: ReadonlySet<Scope>
  /** Who let the program in: what two people have to do it does not do for one of them. */
  readonly madeBy: string | undefined
}

/** A merchant to try the API with: it has its own keys, and nothing of it is in the books. */
const SANDBOX = 'sandbox-'
export const isSandbox = (merchant: string): boolean => merchant.startsWith(SANDBOX)
export const sandboxOf = (merchant: string): string => `${SANDBOX}${merchant}`
