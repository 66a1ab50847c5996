import { at, childrenOf, textAt, type Xml } from './xml.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** What the bank says of a transfer: `nothing` yet, or nothing that says more than that it has it. `blocked`: neither paid nor coming back. */
export type Verdict = 'accepted' | 'rejected' | 'blocked' | 'nothing'

export type StatusReport = {
  readonly messageId: string
  /** Of the file that it answers. */
  readonly about: string
  /** For every transfer that no line of its own says something about. */
  readonly others: { readonly verdict: Verdict; readonly reason: string | undefined }
  readonly transfers: readonly { readonly endToEndId: string; readonly verdict: Verdict; readonly reason: string | undefined }[]
}

/** ExternalPaymentTransactionStatus1Code, as far as it decides something. `PART` is of a group and leaves the rest to the transfers. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  ACCP: 'accepted',
  ACTC: 'accepted',
  ACSP: 'accepted',
  ACSC: 'accepted',
  ACWC: 'accepted',
  ACCC: 'accepted',
  ACFC: 'accepted',
  RJCT: 'rejected',
  CANC: 'rejected',
  BLCK: 'blocked',
  RCVD: 'nothing',
  PDNG: 'nothing',
  PART: 'nothing',
  PATC: 'nothing',
  ACWP: 'nothing',
}

/** A payment status report (pain.002.001.11). What a transfer says counts before what its payment information says, and that before what the group says. */
export function readPain002(root: Xml): Outcome<StatusReport, 'bank.malformed'> {
  const report = at(root, 'CstmrPmtStsRpt')
  const messageId = textAt(report, 'GrpHdr/MsgId')
  const about = textAt(report, 'OrgnlGrpInfAndSts/OrgnlMsgId')
  if (messageId === undefined || about === undefined) return fail('bank.malformed', 'it names neither itself nor what it answers')
  const original = textAt(report, 'OrgnlGrpInfAndSts/OrgnlMsgNmId')
  if (original !== undefined && !original.startsWith('pain.001')) return fail('bank.malformed', 'it answers another kind of message')

  const group = verdictOf(at(report, 'OrgnlGrpInfAndSts'), 'GrpSts')
  const informations = childrenOf(report, 'OrgnlPmtInfAndSts')
  if (informations.length > 1) return fail('bank.malformed', 'the files of this hub have one payment information')
  const information = verdictOf(informations[0], 'PmtInfSts')
  const transfers = childrenOf(informations[0], 'TxInfAndSts').map((each) => ({ endToEndId: textAt(each, 'OrgnlEndToEndId'), ...verdictOf(each, 'TxSts') }))
  const unknown = [group, information, ...transfers].find(({ verdict }) => verdict === undefined)
  if (unknown !== undefined) return fail('bank.malformed', 'it has a status that this hub does not know')

  const whole = information.told ? information : group
  const read: StatusReport['transfers'][number][] = []
  const seen = new Set<string>()
  for (const { endToEndId, verdict = 'nothing', reason, told } of transfers) {
    if (endToEndId === undefined || seen.has(endToEndId)) return fail('bank.malformed', 'a transfer in it has no name, or the name of another')
    seen.add(endToEndId)
    read.push(told ? { endToEndId, verdict, reason } : { endToEndId, verdict: whole.verdict ?? 'nothing', reason: whole.reason })
  }
  return ok({ messageId, about, others: { verdict: whole.verdict ?? 'nothing', reason: whole.reason }, transfers: read })
}

/** `told`: a status stands here. The reason is a code such as AC04 (ExternalStatusReason1Code), with the bank's own words behind it. */
function verdictOf(
  element: Xml | undefined,
  name: string,
): { readonly told: boolean; readonly verdict: Verdict | undefined; readonly reason: string | undefined } {
  const status = textAt(element, name)
  const why = childrenOf(element, 'StsRsnInf').map((each) =>
    [textAt(each, 'Rsn/Cd') ?? textAt(each, 'Rsn/Prtry'), textAt(each, 'AddtlInf')].filter(Boolean).join(' '),
  )
  const reason = why.find((words) => words !== '')?.slice(0, 140)
  return { told: status !== undefined, verdict: status === undefined ? 'nothing' : VERDICTS[status], reason }
}
