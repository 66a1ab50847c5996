/**
 * Prints `PASSED FAILED SKIPPED` of one vitest run: node count.mjs REPORT EXIT_CODE PATTERN...
 * Where REPORT.again exists, the files that failed were run once more, alone: what it says of them counts.
 * A file that could not even be loaded counts as failed, and so does a pattern for which no test ran: a tier without tests proves nothing.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

const [path = '', exitCode, ...patterns] = process.argv.slice(2)
const again = existsSync(`${path}.again`) ? readReport(`${path}.again`) : []
const files = readReport(path).map((file) => again.find(({ name }) => name === file.name) ?? file)
const count = (...statuses) => files.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length

let failed = count('failed') + files.filter((file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed')).length
for (const pattern of patterns) {
  const ran = files.some(
    (file) => basename(file.name).includes(pattern) && file.assertionResults.some(({ status }) => status === 'passed' || status === 'failed'),
  )
  if (ran) continue
  console.error(`FAILED: no test ran in any file named *${pattern}*`)
  failed += 1
}
if (failed === 0 && exitCode !== '0' && again.length === 0) {
  console.error(`FAILED: vitest ended with ${exitCode}, though no test failed`)
  failed = 1
}
process.stdout.write(`${count('passed')} ${failed} ${count('pending', 'skipped', 'todo', 'disabled')}\n`)

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch (error) {
    console.error(`There is no report: ${error.message}`)
    return []
  }
}
