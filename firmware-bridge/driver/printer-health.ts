import type { ErrorCode } from '#protocol/errors.ts'
import type { PrinterStatus } from '../codec/escpos-status.ts'
import { absent, type Health, type LineState } from './machine.ts'

type Known = { readonly line: LineState; readonly status?: PrinterStatus | 'silent'; readonly counters: Health['counters'] }

export function printerHealth({ line, status, counters }: Known): Health {
  if (!line.open) return absent(line.why, counters)
  if (status === undefined) return absent('connected, has not answered yet', counters)
  if (status === 'silent') return { state: 'fault', code: 'device.timeout', detail: 'no answer to DLE EOT', counters }
  const refused = whyNot(status)
  if (refused) return { state: 'fault', ...refused, counters }
  return status.paper === 'near_end' ? { state: 'ready', detail: 'paper near its end', counters } : { state: 'ready', counters }
}

/** What keeps this printer from printing now. An open cover comes first: it makes the paper sensor say "out" as well. */
export function whyNot(status: PrinterStatus): { readonly code: ErrorCode; readonly detail: string } | undefined {
  if (status.coverOpen) return { code: 'device.cover_open', detail: 'cover open' }
  if (status.paper === 'out') return { code: 'device.paper_out', detail: 'paper out' }
  if (status.error) return { code: 'device.fault', detail: `error: ${status.error}` }
  return status.offline ? { code: 'device.fault', detail: 'offline' } : undefined
}
