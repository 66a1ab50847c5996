import type { Right } from '#protocol/hub-api/rights.ts'

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
  'GET /api/webhooks': 'operate',
  'POST /api/webhooks/:id/enable': 'operate',
  'GET /api/audit': 'administer',
  'POST /api/receipts/check': 'look',
  'POST /api/policy/preview': 'look',
  'POST /api/passkeys/options': 'look',
  'POST /api/passkeys': 'look',
  'POST /api/payments/:id/retry': 'operate',
  'POST /api/payments/:id/refund-again': 'operate',
  'POST /api/tills': 'operate',
  'POST /api/tills/:id/code': 'administer',
  'POST /api/needs/:id/take': 'operate',
  'POST /api/needs/:id/leave': 'operate',
  'POST /api/needs/:id/note': 'operate',
  'POST /api/needs/:id/done': 'operate',
  'POST /api/risk/rules/try': 'look',
  'POST /api/risk/lists': 'operate',
  'POST /api/risk/lists/end': 'operate',
  'POST /api/risk/cases/:id/assign': 'operate',
  'POST /api/risk/cases/:id/note': 'operate',
  'POST /api/risk/cases/:id/evidence': 'operate',
  'POST /api/risk/cases/:id/decide': 'money',
  'POST /api/risk/cases/:id/agree': 'money',
  'POST /api/risk/cases/:id/refuse': 'money',
  'POST /api/catalogue': 'operate',
  'POST /api/catalogue/apply': 'operate',
  'POST /api/catalogue/products': 'operate',
  'POST /api/catalogue/products/:id/remove': 'operate',
  'POST /api/customers': 'operate',
  'POST /api/import': 'operate',
  'POST /api/sendings/erase': 'operate',
  'POST /api/sendings/:id/erase': 'operate',
  'POST /api/payments/:id/write-off': 'money',
  'POST /api/credits': 'money',
  'POST /api/credits/:id/release': 'money',
}
/** What settles, pays out or works off the bank's files, whatever it is called below its folder. */
const MONEY = /^POST \/api\/(?:settlement|payouts|chargebacks|claims|windows|bank|escrows|merchants|rates)(?:\/|$)/

/** What `METHOD /path` needs; undefined: nothing. What nobody thought of is for those who may everything, unless it only reads. */
export function rightFor(route: string): Right | undefined {
  if (OPEN.has(route)) return undefined
  return RIGHTS[route] ?? (route.startsWith('GET ') ? 'look' : MONEY.test(route) ? 'money' : 'administer')
}
