/** Ends with 0 if the file is one JSON object as CONTRIBUTING.md has it, and says `ok`. Prints its metrics. */
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2] ?? '', 'utf8')
try {
  const { name, machine, metrics, ok } = JSON.parse(text)
  if (typeof name !== 'string' || machine === undefined || typeof metrics !== 'object') throw new Error('name, machine or metrics is missing')
  process.stdout.write(`${name}: ${JSON.stringify(metrics)}\n`)
  process.exitCode = ok === true ? 0 : 1
} catch (error) {
  process.stderr.write(`stdout is not the one JSON object that it should be (${error.message}):\n${text.slice(0, 2000)}\n`)
  process.exitCode = 1
}
