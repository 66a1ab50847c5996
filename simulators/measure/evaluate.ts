import { existsSync } from 'node:fs'
import { evaluateBarcodes } from './evaluate-barcodes.ts'
import { evaluateRisk, protocols } from './evaluate-risk.ts'
import { readOptions, refuse } from './options.ts'
import { printReport } from './report.ts'

const HELP = `Measures how well something is recognised, on data whose truth is known.

  npm run evaluate -- barcodes --data DIR [--fallback] [--json]
  npm run evaluate -- risk --data DIR --protocol A|C|D [--json]

  barcodes   DIR has folders of pictures, each with its truth beside it: PICTURE.txt (UTF-8) or PICTURE.bin (bytes). Says how many were found, read
             wrong and missed, in all and for each folder, and next to it (plain_…) what zxing-wasm does with all tries on the same pictures.
             Pictures of the folders falsepositives* have no truth; a code read there is a false positive. Found and wrong are those of the pictures
             as they are; ms_… is for one picture, scaled to fit 640x480. --fallback: also the engine for browsers without WebAssembly (fallback_…).

  risk       DIR has *.csv.gz files of the Fraud Detection Handbook's simulated card payments, of any names; they are merged and sorted by time. All payments
             pass in the order of time; each is scored by what was known at its moment, labels being known seven days late. Cards whose fraud was known
             are left out, as in the Handbook. auc, ap (average precision), cp100 (card precision at 100): means over the folds, which are beside them.
             A   test week 2018-08-08 to 08-14, trained once; auc_book …: the Handbook's fifteen features, trained on its one week
             C   every test week from Wednesday 2018-05-16 on, trained anew for each on all labels that were known
             D   every test week from Monday 2018-07-02 on, trained anew each day, scenario 2 taken out of everything before July: a pattern that is new
             A needs a minute, C three, D ten.
`

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    fallback: { type: 'boolean', default: false },
    protocol: { type: 'string', default: 'A' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const data = values.data ?? ''
const what = positionals[0] ?? ''
if (what !== 'barcodes' && what !== 'risk') refuse({ complaint: `There is no evaluation “${what}”: there are barcodes and risk.` })
if (!existsSync(data)) refuse({ complaint: `--data ${data}: there is no such folder.` })
if (what === 'barcodes') await barcodes(data)
else risk(data, values.protocol)

async function barcodes(folder: string): Promise<void> {
  const { metrics, sets, behind } = await evaluateBarcodes(folder, { fallback: values.fallback })
  const ok = behind.length === 0
  if (values.json) printReport({ name: 'barcodes', metrics, ok, sets, behind })
  else {
    for (const [name, counts] of Object.entries({ ...sets, 'in all': metrics })) sayLine(name, counts)
    process.stdout.write(ok ? 'No kind of code is read worse than by plain zxing-wasm.\n' : `Worse than plain zxing-wasm: ${behind.join(', ')}\n`)
  }
  if (!ok) process.exitCode = 1
}

function risk(folder: string, named: string): void {
  const protocol = protocols.find((known) => known === named)
  if (protocol === undefined) return refuse({ complaint: `--protocol ${named}: there are ${protocols.join(', ')}.` })
  const read = evaluateRisk(folder, protocol)
  if (!read.ok) return refuse({ complaint: `--data ${folder}: ${read.detail ?? ''}` })
  const { metrics, folds } = read.value
  if (values.json) printReport({ name: `risk_${protocol}`, metrics, ok: true, folds })
  else {
    for (const { date, ...counts } of folds) sayLine(date, counts)
    sayLine('mean', metrics)
  }
}

function sayLine(name: string, counts: Readonly<Record<string, number>>): void {
  const words = Object.entries(counts).map(([metric, value]) => `${metric} ${value}`)
  process.stdout.write(`${name}\n  ${words.join('  ')}\n`)
}
