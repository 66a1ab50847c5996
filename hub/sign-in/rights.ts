/** Who somebody is at the console, and what he may do there. */
export const consoleRoles = ['viewer', 'operator', 'finance', 'admin'] as const
export type ConsoleRole = (typeof consoleRoles)[number]
/** `money`: what moves it or promises it. `administer`: who may do what. */
export type Right = 'look' | 'operate' | 'money' | 'administer'

const rightsOf: Readonly<Record<ConsoleRole, readonly Right[]>> = {
  viewer: ['look'],
  operator: ['look', 'operate'],
  finance: ['look', 'money'],
  admin: ['look', 'operate', 'money', 'administer'],
}
export const may = (role: ConsoleRole, right: Right): boolean => rightsOf[role].includes(right)

/** For who says by other means who he is (tills, phones), or is about to. */
const OPEN = new Set([
  'POST /enrol',
  'GET /wallet/keys',
  'POST /wallet/nonce',
  'POST /wallet/ask',
  'POST /demo/wallets',
  'GET /api/session',
  'POST /api/session',
  'POST /api/session/passkey-options',
  'POST /api/session/passkey',
  'POST /api/session/end',
  'POST /api/invitation',
  'POST /api/invitation/accept',
])

const RIGHTS: Readonly<Record<string, Right>> = {
  'GET /api/clients': 'administer',
  'GET /api/people': 'administer',
  'GET /api/audit': 'administer',
  'POST /api/receipts/check': 'look',
  'POST /api/policy/preview': 'look',
  'POST /api/passkeys/options': 'look',
  'POST /api/passkeys': 'look',
  'POST /api/payments/:id/retry': 'operate',
  'POST /api/payments/:id/refund-again': 'operate',
  'POST /api/tills': 'operate',
  'POST /api/catalogue': 'operate',
  'POST /api/catalogue/apply': 'operate',
  'POST /api/customers': 'operate',
  'POST /api/import': 'operate',
  'POST /api/sendings/erase': 'operate',
  'POST /api/sendings/:id/erase': 'operate',
  'POST /api/payments/:id/write-off': 'money',
  'POST /api/credits': 'money',
  'POST /api/credits/:id/release': 'money',
}
/** What settles, pays out or works off the bank's files, whatever it is called below its folder. */
const MONEY = /^POST \/api\/(?:settlement|payouts|chargebacks|claims|windows|bank)(?:\/|$)/

/** What `METHOD /path` needs; undefined: nothing. What nobody thought of is for those who may everything, unless it only reads. */
export function rightFor(route: string): Right | undefined {
  if (OPEN.has(route)) return undefined
  return RIGHTS[route] ?? (route.startsWith('GET ') ? 'look' : MONEY.test(route) ? 'money' : 'administer')
}
