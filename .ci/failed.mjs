/** Prints the files of one vitest run that failed, one on each line: node failed.mjs REPORT. None where there is no report, or where too many failed. */
import { readFileSync } from 'node:fs'

/** More than this is no accident of a busy machine. */
const MOST = 4

const failed = reported().filter(({ status }) => status === 'failed')
if (failed.length <= MOST) for (const { name } of failed) process.stdout.write(`${name}\n`)

function reported() {
  try {
    return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')).testResults
  } catch {
    return []
  }
}
