import { existsSync } from 'node:fs'
import { evaluateBarcodes } from './evaluate-barcodes.ts'
import { readOptions, refuse } from './options.ts'
import { printReport } from './report.ts'

const HELP = `Measures how well something is recognised, on data whose truth is known.

  npm run evaluate -- barcodes --data DIR [--fallback] [--json]

  barcodes   DIR has folders of pictures, each with its truth beside it: PICTURE.txt (UTF-8) or PICTURE.bin (bytes). Says how many were found, read
             wrong and missed, in all and for each folder, and next to it (plain_…) what zxing-wasm does with all tries on the same pictures.
             Pictures of the folders falsepositives* have no truth; a code read there is a false positive. Found and wrong are those of the pictures
             as they are; ms_… is for one picture, scaled to fit 640x480. --fallback: also the engine for browsers without WebAssembly (fallback_…).
`

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    fallback: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
if (positionals[0] !== 'barcodes') refuse({ complaint: `There is no evaluation “${positionals[0] ?? ''}”: there is barcodes.` })
const data = values.data ?? ''
if (!existsSync(data)) refuse({ complaint: `--data ${data}: there is no such folder.` })

const { metrics, sets, behind } = await evaluateBarcodes(data, { fallback: values.fallback })
const ok = behind.length === 0
if (values.json) printReport({ name: 'barcodes', metrics, ok, sets, behind })
else {
  const table = Object.entries({ ...sets, 'in all': metrics })
  for (const [name, counts] of table) {
    process.stdout.write(
      `${name}\n  ${Object.entries(counts)
        .map(([metric, value]) => `${metric} ${value}`)
        .join('  ')}\n`,
    )
  }
  process.stdout.write(ok ? 'No kind of code is read worse than by plain zxing-wasm.\n' : `Worse than plain zxing-wasm: ${behind.join(', ')}\n`)
}
if (!ok) process.exitCode = 1
