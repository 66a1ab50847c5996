import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Payments of the Fraud Detection Handbook's simulator, by time. */
export type Transactions = {
  readonly count: number
  readonly at: Float64Array
  readonly card: readonly string[]
  readonly terminal: readonly string[]
  readonly amountMinor: Float64Array
  readonly fraud: Uint8Array
  /** Only for the protocol in which a pattern is new, and to explain results: never an input. */
  readonly scenario: Uint8Array
}

/** Reads all `*.csv.gz` of a folder, whatever their names. */
export function readTransactions(folder: string): Transactions {
  const files = readdirSync(folder).filter((name) => name.endsWith('.csv.gz'))
  const lines = files.flatMap((name) =>
    gunzipSync(readFileSync(join(folder, name)))
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .slice(1),
  )
  const rows = lines.map((line) => {
    const [id = '', when = '', card = '', terminal = '', amount = '', fraud = '', scenario = ''] = line.split(',')
    return {
      id: Number(id),
      at: Date.parse(when),
      card,
      terminal,
      amountMinor: Math.round(Number(amount) * 100),
      fraud: Number(fraud),
      scenario: Number(scenario),
    }
  })
  rows.sort((a, b) => a.at - b.at || a.id - b.id)
  // Two files with the same days would count every payment twice.
  const all = rows.filter(({ id }, i) => id !== rows[i - 1]?.id)
  return {
    count: all.length,
    at: Float64Array.from(all, ({ at }) => at),
    card: all.map(({ card }) => card),
    terminal: all.map(({ terminal }) => terminal),
    amountMinor: Float64Array.from(all, ({ amountMinor }) => amountMinor),
    fraud: Uint8Array.from(all, ({ fraud }) => fraud),
    scenario: Uint8Array.from(all, ({ scenario }) => scenario),
  }
}
