import type { BankLine } from '#protocol/hub-api/bank.ts'
import { bankWords as words } from './bank-words.ts'
import type { actAtBank } from './hub.ts'

/** True when the hub has done it. */
export type ActAtBank = (what: Parameters<typeof actAtBank>[0], said: Readonly<Record<string, unknown>>) => Promise<boolean>

/** What somebody or the hub says that a line was. */
export function asWords({ as }: Pick<BankLine, 'as'>): string {
  if (as === undefined) return ''
  return as.to === 'acquirer' ? words.as.acquirer(as.acquirer) : words.as[as.to]
}
