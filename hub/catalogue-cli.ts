import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { answerOf, HOW_TO_BE_LET_IN, hubAt, runningHubIn, type RunningHub } from './running-hub.ts'
import type { CataloguePreview } from '#protocol/hub-api/catalogue.ts'

const HELP = `What the shop sells, as a file that a spreadsheet writes.

  npm run catalogue -- import FILE.csv [--apply] [--data DIR | --hub URL] [--json]

  FILE.csv    UTF-8, comma or semicolon between cells, one product a row, all products of the shop. The first line names the columns:
              gtin, name, category, price (19.90), tax (percent, 19); and if wanted symbol, second_name, reading, sold_by (kg or lb), plu,
              picture, open_price (yes or no), tax_exempt (yes or no). What it has no column for stays as it is.
  --apply     makes it the shop's catalogue, unless a row is bad; without it only says what would change
  --data DIR  the folder of the hub, which has to run (default .data/demo/hub)
  --hub URL   a hub elsewhere, such as http://127.0.0.1:7400; where people sign in, STILLPOINT_COMMAND_KEY has what its file command-key says
  --json      the answer as one object

Ends with 1 when a row is bad, and with 2 when there was nobody to ask.
`

class Refusal extends Error {}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        apply: { type: 'boolean', default: false },
        data: { type: 'string', default: '.data/demo/hub' },
        hub: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

function hubIn(data: string): RunningHub {
  const hub = runningHubIn(data)
  if (hub === undefined) throw new Refusal(`No hub runs in ${data}: start it, or name its folder with --data or its address with --hub.`)
  return hub
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

async function ask(hub: RunningHub, path: string, file: Buffer): Promise<CataloguePreview> {
  const post = { method: 'POST', headers: { 'content-type': 'text/csv' }, body: new Uint8Array(file) }
  const response = await answerOf(hub, path, post).catch((error: unknown) => {
    throw new Refusal(`The hub at ${hub.url} cannot be asked: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (response === undefined) throw new Refusal(`Nobody answers at ${hub.url}.`)
  if (response.status === 401) throw new Refusal(HOW_TO_BE_LET_IN)
  if (!response.ok) throw new Refusal(`The hub at ${hub.url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as CataloguePreview
}

function printed({ rows, added, changed, gone, same, bad, examples, applied }: CataloguePreview): string {
  const lines = [`${rows} rows: ${added} new, ${changed} changed, ${gone} gone, ${same} as they are, ${bad} bad`]
  for (const { gtin, name } of examples.added) lines.push(`  new      ${gtin}  ${name}`)
  for (const { gtin, name, fields } of examples.changed)
    lines.push(`  changed  ${gtin}  ${name}: ${fields.map(({ field, before, after }) => `${field} ${before || '(none)'} -> ${after || '(none)'}`).join(', ')}`)
  for (const { gtin, name } of examples.gone) lines.push(`  gone     ${gtin}  ${name}`)
  for (const { line, field, value, say } of examples.bad) lines.push(`  line ${line}, ${field}${value === '' ? '' : ` “${value}”`}: ${say}`)
  if (applied !== undefined) lines.push(`Tills get catalogue version ${applied} now.`)
  else if (bad > 0) lines.push('Nothing was changed.')
  else lines.push('Nothing was changed: --apply does it.')
  return `${lines.join('\n')}\n`
}

async function run(): Promise<void> {
  const { values, positionals } = options()
  const [verb, path] = positionals
  if (values.help || verb !== 'import' || path === undefined) {
    process.stdout.write(HELP)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const answer = await ask(
    values.hub === undefined ? hubIn(values.data) : hubAt(values.hub),
    values.apply ? '/api/catalogue/apply' : '/api/catalogue',
    readFile(path),
  )
  process.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : printed(answer))
  if (answer.bad > 0) process.exitCode = 1
}

run().catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
})
