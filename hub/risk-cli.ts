import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decimalOf } from './decimal.ts'
import { demoShop } from './demo-shop.ts'
import { fileVault, hubKeys } from './keys.ts'
import { createRisk } from './risk/risk.ts'
import { answerOf, HOW_TO_BE_LET_IN, runningHubIn } from './running-hub.ts'
import { openSqliteStore } from './store/sqlite.ts'
import type { RiskExplanation } from '#protocol/hub-api/risk-cases.ts'
import { isId } from '#protocol/ids.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto } from '#protocol/node/crypto.ts'

const HELP = `npm run risk -- explain PAYMENT_ID [--data HUB-DIR] [--json]

Makes a decision of risk again from its record: features, rules, model, outcome, by the versions that judged it then.
Exit code 1 if anything comes out otherwise than it was written down.

  --data HUB-DIR  the hub's folder (default .data/demo/hub); a hub that runs is asked, a stopped one is read
  --json          one line of JSON
`

class Refusal extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { data: { type: 'string', default: '.data/demo/hub' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.help) return void process.stdout.write(HELP)
  const [what, payment] = positionals
  if (positionals.length !== 2 || what !== 'explain' || payment === undefined || !isId(payment)) throw new Refusal(HELP)
  if (!existsSync(join(values.data, 'hub.db'))) throw new Refusal(`${values.data} is not the folder of a hub`)
  const explained = (await ofRunningHub(values.data, payment)) ?? (await ofFolder(values.data, payment))
  process.stdout.write(values.json ? `${JSON.stringify(explained)}\n` : told(explained))
  if (explained.differs.length > 0) process.exitCode = 1
}

const unknown = (payment: string): Refusal => new Refusal(`risk was not asked about payment ${payment}`)

/** Undefined when none answers. A hub that was killed leaves its address behind. */
async function ofRunningHub(data: string, payment: string): Promise<RiskExplanation | undefined> {
  const hub = runningHubIn(data)
  const response = hub && (await answerOf(hub, `/api/risk/payments/${payment}`))
  if (response === undefined) return undefined
  if (response.status === 401) throw new Refusal(HOW_TO_BE_LET_IN)
  if (response.status === 404) throw unknown(payment)
  if (!response.ok) throw new Refusal(`the hub that runs answered ${response.status}: look at its console, or stop it first`)
  return (await response.json()) as RiskExplanation
}

async function ofFolder(data: string, payment: string): Promise<RiskExplanation> {
  const opened = openSqliteStore(join(data, 'hub.db'))
  if (!opened.ok) throw new Refusal(opened.detail ?? opened.code)
  const store = opened.value
  try {
    const keys = hubKeys(fileVault(join(data, 'keys'), freshSeed), systemClock)
    // Nothing is judged: of the shop nothing is asked.
    const shop = { merchant: demoShop.merchant.id, currency: demoShop.currency, perShownCodeMinor: 0 }
    const nothing = () => undefined
    const risk = createRisk({ clock: systemClock, timers: systemTimers, crypto: nodeCrypto, store, keys, shop, changed: nothing, warn: nothing }, {})
    const explained = await risk.explain(payment)
    if (explained === undefined) throw unknown(payment)
    return explained
  } finally {
    await store.close()
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

function told({
  payment,
  at,
  amountMinor,
  currency,
  outcome,
  wasTaken,
  probability,
  listed,
  versions,
  thresholds,
  fired,
  reasons,
  bias,
  logit,
  differs,
}: RiskExplanation): string {
  const { challenge, review, decline } = thresholds
  const lines = [
    `${payment}  ${decimalOf(String(amountMinor), currency)} ${currency}  taken ${new Date(at).toISOString()}`,
    `outcome      ${outcome}${wasTaken ? ', of what the till had taken alone' : ''}${listed === undefined ? '' : ` (${listed} by a person)`}`,
    `probability  ${probability === undefined ? 'no model was in force' : percent(probability)}; challenge from ${percent(challenge)}, review from ${percent(review)}, decline from ${percent(decline)}`,
    `versions     rules ${versions.rules}, model ${versions.model}, settings ${versions.settings}, features ${versions.features}`,
    ...fired.map(({ id, says, outcome: asked }) => `rule         ${id}: ${says} → ${asked}`),
    ...reasons.map(
      ({ feature, value, contribution }) => `reason       ${feature} = ${Number(value.toFixed(4))}  ${contribution >= 0 ? '+' : ''}${contribution.toFixed(3)}`,
    ),
    ...(logit === undefined ? [] : [`score        ${logit.toFixed(6)} logits, of which ${(bias ?? 0).toFixed(6)} before any feature is looked at`]),
    ...(differs.length === 0 ? ['replayed     the same, bit by bit'] : differs.map((difference) => `DIFFERS      ${difference}`)),
  ]
  return `${lines.join('\n')}\n`
}

main().catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
})
