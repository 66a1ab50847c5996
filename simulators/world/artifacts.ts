import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ledgerLine } from '../torture/artifacts.ts'
import type { Scene } from './scene.ts'

/** What a world leaves for a recount by others (docs/artifacts.md): lines of JSON for each of the three files. */
export type ArtifactLines = { readonly approved: readonly string[]; readonly ledger: readonly string[]; readonly acks: readonly string[] }

export function artifactLines({ tillWatch, hub, currency }: Scene): ArtifactLines {
  const approved = [...tillWatch.tills].flatMap(([till, { approvals }]) =>
    [...approvals.values()].map(({ paymentId, amountMinor, at }) =>
      JSON.stringify({ payment_id: paymentId, amount_minor: amountMinor, currency, till, at_ms: at }),
    ),
  )
  const ledger = [...hub.disk.rows.transfers.values()].map((transfer) => JSON.stringify(ledgerLine(transfer)))
  return { approved, ledger, acks: tillWatch.acks.map((ack) => JSON.stringify(ack)) }
}

export interface ArtifactFiles {
  write(lines: ArtifactLines): void
  close(): void
}

export function artifactFiles(folder: string): ArtifactFiles {
  mkdirSync(folder, { recursive: true })
  const files = (['approved', 'ledger', 'acks'] as const).map((name) => ({ name, file: openSync(join(folder, `${name}.jsonl`), 'w') }))
  return {
    write(lines) {
      for (const { name, file } of files) if (lines[name].length > 0) writeSync(file, `${lines[name].join('\n')}\n`)
    },
    close() {
      for (const { file } of files) closeSync(file)
    },
  }
}
