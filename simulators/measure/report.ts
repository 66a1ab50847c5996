import { availableParallelism, cpus } from 'node:os'

/** What every command with `--json` prints: one object, nothing else on stdout. Metric names are snake_case with their unit last. */
export type Report = {
  readonly name: string
  readonly metrics: Readonly<Record<string, number>>
  readonly ok: boolean
  /** Arrays and tables that an evaluation names, such as `failing`. */
  readonly [table: string]: unknown
}

const machine = () => ({
  node: process.version,
  platform: process.platform,
  arch: process.arch,
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
})

export function printReport({ name, metrics, ok, ...tables }: Report): void {
  process.stdout.write(`${JSON.stringify({ name, machine: machine(), metrics, ok, ...tables })}\n`)
}
