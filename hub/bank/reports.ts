import { bankReference, payoutOf } from './pain001.ts'
import type { StatusReport, Verdict } from './pain002.ts'
import { HUB, type BankPorts } from './ports.ts'
import { batchDocument, readBatch, type IncidentRow } from './rows.ts'
import type { Payout } from '../settlement/payout.ts'
import type { Id } from '#protocol/ids.ts'

type Said = { readonly code: IncidentRow['code']; readonly detail: string }

/** DU01 to DU05: the bank has this file already. It says so of the copy, and the first one may be carried out. */
const isDuplicate = (reason: string | undefined): boolean => /^DU\d\d/.test(reason ?? '')

/**
 * What a status report does to the payouts of its file. Reports come late, twice and out of order, so each verdict is held against where the payout is: what was
 * said before changes nothing, what contradicts a movement on the account moves no money and is for a person. Answers with those. Throws away nothing when it is
 * repeated, and so needs no commit of its own.
 */
export async function applyReport({ store, payouts }: Pick<BankPorts, 'store' | 'payouts'>, report: StatusReport): Promise<readonly Said[]> {
  const id = payoutOf(report.about)
  const [row] = id === undefined ? [] : await store.get('documents', [batchDocument(id)])
  if (row === undefined) return [{ code: 'bank.unknown_batch', detail: `${report.messageId} answers ${report.about}` }]
  const { batch } = readBatch(row)
  const said: Said[] = []
  const named = new Map(report.transfers.map((each) => [each.endToEndId, each]))
  for (const { payout } of batch.transfers) {
    const { verdict, reason } = named.get(bankReference(payout)) ?? report.others
    named.delete(bankReference(payout))
    const trouble = verdict === 'nothing' ? undefined : await judge(payouts, payout, verdict, { ref: report.messageId, reason })
    if (trouble !== undefined) said.push({ code: 'bank.contradiction', detail: `${report.messageId}: ${trouble}` })
  }
  for (const endToEndId of named.keys()) said.push({ code: 'bank.unknown_batch', detail: `${report.messageId}: ${endToEndId} was not in ${report.about}` })
  return said
}

async function judge(
  payouts: BankPorts['payouts'],
  id: Id,
  verdict: Exclude<Verdict, 'nothing'>,
  said: { readonly ref: string; readonly reason: string | undefined },
) {
  const payout = await payouts.find(id)
  if (payout === undefined) return `there is no payout ${id}`
  const { reason } = said
  if (verdict === 'blocked') return `payout ${id} is blocked: it is neither paid nor the merchant’s again`
  if (verdict === 'rejected' && isDuplicate(reason)) return `payout ${id} is said to be a duplicate (${reason})`
  if (isOldNews(payout, verdict)) return undefined
  const ref = reason === undefined ? said.ref : `${said.ref} ${reason}`
  const stepped = await payouts.step(id, verdict === 'accepted' ? 'accept' : 'reject', { by: HUB, ref })
  return stepped.ok ? undefined : `payout ${id} is ${payout.state}, and now said to be ${verdict}${reason === undefined ? '' : ` (${reason})`}`
}

/** What a payout has been, or has gone past. */
function isOldNews({ state }: Payout, verdict: 'accepted' | 'rejected'): boolean {
  return verdict === 'accepted' ? state === 'accepted' || state === 'settled' || state === 'returned' : state === 'rejected'
}
