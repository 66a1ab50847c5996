import { existsSync } from 'node:fs'
import { evaluateBarcodes } from './evaluate-barcodes.ts'
import { evaluateModel } from './evaluate-model.ts'
import { evaluateOutage, townTransactions } from './evaluate-outage.ts'
import { evaluateRisk, protocols } from './evaluate-risk.ts'
import { readOptions, refuse } from './options.ts'
import { printReport } from './report.ts'
import { readTransactions } from './transactions.ts'

const HELP = `Measures how well something is recognised, on data whose truth is known.

  npm run evaluate -- barcodes --data DIR [--fallback] [--json]
  npm run evaluate -- risk --data DIR --protocol A|C|D|model [--json]
  npm run evaluate -- risk --protocol outage [--data DIR] [--json]
  npm run evaluate -- faces --data DIR [--model MANIFEST] [--calibrate] [--json]

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
             model   what a hub’s model card says of the last held-out week: a model is trained by a hub’s own recipe four weeks before the end, and another that
                     challenges it at the end. ece: calibration error; better: the share of resamples in which it beats the first
             A needs a minute, C three, D ten, model two.
             outage   what tills lose and refuse that are cut off for an hour to a day (one in five a day), by four ways to decide alone: everything (no_risk), caps, caps
                      and four rules, caps and the model of what a lone till knows, fitted weekly. loss_share: of the sum of the frauds; refused_good_share: of the good
                      payments; cost: the loss, and a tenth of what was refused. Without --data an invented town pays. Half a minute.

  faces      DIR has one folder a person, with photographs. Everybody is compared with everybody, on one core, and (enrol3_…) templates of three pictures with every
             other picture, at the threshold that ships. Rates in percent; intervals (95 %) by bootstrap over people. ms_… is detect, align and embed of a
             picture scaled to 640x480. smile_auc: of smile-labels.json, if it is there.
             flat_…: photographs that are shown flat (rotated, bent, rolled, scaled, on a screen, printed) against the challenge's turn of the head;
             turned_…: pairs of photographs of real heads. Three minutes. --calibrate writes the thresholds anew: hub/faces/calibration.json, or the one
             beside the MANIFEST of an operator's own model (hub/faces/onnx-slot.ts).
`

const TOWN_PAYMENTS = 300_000

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    fallback: { type: 'boolean', default: false },
    protocol: { type: 'string', default: 'A' },
    calibrate: { type: 'boolean', default: false },
    model: { type: 'string' },
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
if (what !== 'barcodes' && what !== 'risk' && what !== 'faces') refuse({ complaint: `There is no evaluation “${what}”: there are barcodes, risk and faces.` })
const isOutage = what === 'risk' && values.protocol === 'outage'
if (!existsSync(data) && !(isOutage && values.data === undefined)) refuse({ complaint: `--data ${data}: there is no such folder.` })
if (what === 'barcodes') await barcodes(data)
else if (what === 'faces') await faces(data)
else if (isOutage) outage(values.data)
else if (values.protocol === 'model') await model(data)
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

async function model(folder: string): Promise<void> {
  const made = await evaluateModel(readTransactions(folder))
  if (!made.ok) return refuse({ complaint: `--data ${folder}: ${made.detail ?? ''}` })
  const { metrics, detail } = made.value
  if (values.json) printReport({ name: 'risk model', metrics, ok: true, detail })
  else sayLine('model', metrics)
}

async function faces(folder: string): Promise<void> {
  // The nets are loaded for this alone.
  const { evaluateFaces } = await import('./evaluate-faces.ts')
  const read = await evaluateFaces(folder, { calibrate: values.calibrate, model: values.model })
  if (!read.ok) return refuse({ complaint: `--data ${folder}: ${read.detail ?? ''}` })
  const { metrics, intervals, without_face } = read.value
  if (values.json) printReport({ name: 'faces', metrics, ok: true, intervals, without_face })
  else {
    const between = (name: string): string => (intervals[name] === undefined ? '' : `   (${intervals[name].join(' to ')})`)
    for (const [name, value] of Object.entries(metrics)) process.stdout.write(`${name.padEnd(32)} ${value}${between(name)}\n`)
  }
}

function risk(folder: string, named: string): void {
  const protocol = protocols.find((known) => known === named)
  if (protocol === undefined) return refuse({ complaint: `--protocol ${named}: there are ${protocols.join(', ')}, outage.` })
  const read = evaluateRisk(folder, protocol)
  if (!read.ok) return refuse({ complaint: `--data ${folder}: ${read.detail ?? ''}` })
  const { metrics, folds } = read.value
  if (values.json) printReport({ name: `risk_${protocol}`, metrics, ok: true, folds })
  else {
    for (const { date, ...counts } of folds) sayLine(date, counts)
    sayLine('mean', metrics)
  }
}

function outage(folder: string | undefined): void {
  const read = evaluateOutage(folder === undefined ? townTransactions(TOWN_PAYMENTS) : readTransactions(folder))
  if (!read.ok) return refuse({ complaint: `--data ${folder ?? ''}: ${read.detail ?? ''}` })
  const { metrics, rows, curve } = read.value
  if (values.json) return printReport({ name: 'risk_outage', metrics, ok: true, rows, curve })
  for (const { strategy, ...counts } of rows) sayLine(strategy, counts)
  sayLine('in all', metrics)
}

function sayLine(name: string, counts: Readonly<Record<string, number>>): void {
  const words = Object.entries(counts).map(([metric, value]) => `${metric} ${value}`)
  process.stdout.write(`${name}\n  ${words.join('  ')}\n`)
}
