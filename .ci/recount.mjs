// Counts a torture's artifacts again without the project's own code (docs/artifacts.md): `node .ci/recount.mjs DIR`. Exit code 1 if anything
// was lost or doubled, if the books do not balance, or if there was nothing to count.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2] ?? '.'
const read = (name) =>
  readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const approved = new Map(read('approved').map((line) => [line.payment_id, line]))
const captures = Map.groupBy(
  read('ledger').filter(({ kind }) => kind === 'capture'),
  ({ payment_id }) => payment_id,
)
const isWhole = ({ payment_id, amount_minor, currency }) =>
  (captures.get(payment_id) ?? []).some((capture) => capture.amount_minor === amount_minor && capture.currency === currency)
const lost = [...approved.values()].filter((line) => !isWhole(line)).length
const doubled = [...captures.values()].filter((postings) => postings.length > 1).length
const balance = new Map()
for (const { currency, debits_minor, credits_minor } of read('accounts')) balance.set(currency, (balance.get(currency) ?? 0) + debits_minor - credits_minor)
const imbalance = [...balance.values()].reduce((sum, value) => sum + Math.abs(value), 0)

process.stdout.write(`recount: ${approved.size} approved, ${lost} lost, ${doubled} doubled, imbalance ${imbalance}\n`)
process.exitCode = approved.size > 0 && lost + doubled + imbalance === 0 ? 0 : 1
