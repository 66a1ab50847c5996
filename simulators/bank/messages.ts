import { ParseOption, XmlDocument, XmlElement } from 'libxml2-wasm'

/**
 * The bank's own reading and writing of ISO 20022: after the message definitions alone, without any code of the hub, or both ends would share one mistake.
 * Amounts are minor units; how many digits a currency has is asked of Intl.
 */
export type Order = {
  readonly endToEndId: string
  readonly minor: bigint
  readonly currency: string
  readonly creditor: string
  readonly creditorIban: string
  readonly remittance: string
}
export type PaymentFile = {
  readonly messageId: string
  readonly informationId: string
  readonly debtorIban: string
  readonly day: string
  readonly count: number
  readonly sum: string
  readonly orders: readonly Order[]
}

const NAMES = { p: 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.10' }

const digitsOf = (currency: string): number => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

export function minorOf(text: string, currency: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(digitsOf(currency), '0'))
}

export function amountOf(minor: bigint, currency: string): string {
  const size = minor < 0n ? -minor : minor
  const digits = digitsOf(currency)
  const unit = 10n ** BigInt(digits)
  return digits === 0 ? String(size) : `${size / unit}.${String(size % unit).padStart(digits, '0')}`
}

const textOf = (found: ReturnType<XmlElement['eval']>): string => (typeof found === 'string' ? found : '')

/** Throws for what is no payment file: such a file is rejected as a whole. */
export function readPaymentFile(bytes: Uint8Array): PaymentFile {
  using document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_NONET })
  const text = (path: string, from: XmlElement = document.root): string => textOf(from.eval(`string(${path})`, NAMES))
  const orders = document.root.find('//p:CdtTrfTxInf', NAMES).flatMap((node): Order[] => {
    if (!(node instanceof XmlElement)) return []
    const currency = text('p:Amt/p:InstdAmt/@Ccy', node)
    return [
      {
        endToEndId: text('p:PmtId/p:EndToEndId', node),
        minor: minorOf(text('p:Amt/p:InstdAmt', node), currency),
        currency,
        creditor: text('p:Cdtr/p:Nm', node),
        creditorIban: text('p:CdtrAcct/p:Id/p:IBAN', node),
        remittance: text('p:RmtInf/p:Strd/p:CdtrRefInf/p:Ref', node),
      },
    ]
  })
  const messageId = text('//p:GrpHdr/p:MsgId')
  if (messageId === '' || orders.length === 0) throw new Error('no payment file')
  return {
    messageId,
    informationId: text('//p:PmtInf/p:PmtInfId'),
    debtorIban: text('//p:DbtrAcct/p:Id/p:IBAN'),
    day: text('//p:ReqdExctnDt/p:Dt'),
    count: Number(text('//p:GrpHdr/p:NbOfTxs')),
    sum: text('//p:GrpHdr/p:CtrlSum'),
    orders,
  }
}

const clean = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const opening = (message: string): string => `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:${message}">`

export type Answer = { readonly endToEndId: string; readonly status: 'ACSP' | 'ACSC' | 'PDNG' | 'RJCT' | 'BLCK'; readonly reason?: string }
export type StatusMessage = {
  readonly id: string
  readonly at: Date
  readonly about: Pick<PaymentFile, 'messageId' | 'informationId' | 'count'>
  readonly status: 'ACCP' | 'ACSP' | 'PART' | 'RJCT' | 'PDNG'
  readonly reason?: string
  readonly answers: readonly Answer[]
}

export function writeStatus({ id, at, about, status, reason, answers }: StatusMessage): string {
  const why = (code: string | undefined): string => (code === undefined ? '' : `<StsRsnInf><Rsn><Cd>${code}</Cd></Rsn></StsRsnInf>`)
  const each = answers.map(
    ({ endToEndId, status: own, reason: code }, place) =>
      `<TxInfAndSts><StsId>${id.slice(0, 28)}-${place + 1}</StsId><OrgnlEndToEndId>${clean(endToEndId)}</OrgnlEndToEndId><TxSts>${own}</TxSts>${why(code)}</TxInfAndSts>`,
  )
  const information =
    each.length === 0 ? '' : `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${clean(about.informationId)}</OrgnlPmtInfId>${each.join('')}</OrgnlPmtInfAndSts>`
  return (
    `${opening('pain.002.001.11')}<CstmrPmtStsRpt><GrpHdr><MsgId>${clean(id)}</MsgId><CreDtTm>${at.toISOString()}</CreDtTm></GrpHdr>` +
    `<OrgnlGrpInfAndSts><OrgnlMsgId>${clean(about.messageId)}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.10</OrgnlMsgNmId><OrgnlNbOfTxs>${about.count}</OrgnlNbOfTxs>` +
    `<GrpSts>${status}</GrpSts>${why(reason)}</OrgnlGrpInfAndSts>${information}</CstmrPmtStsRpt></Document>\n`
  )
}

export type Booking = {
  readonly minor: bigint
  /** Such as PMNT/ICDT/ESCT. */
  readonly code: string
  readonly bankReference: string
  readonly text: string
  readonly endToEndId?: string
  readonly messageId?: string
  /** Of a transfer that came back. */
  readonly returned?: string
  readonly other?: string
}
export type AccountDay = {
  readonly id: string
  readonly sequence: number
  readonly iban: string
  readonly currency: string
  readonly day: string
  readonly opening: bigint
  readonly closing: bigint
  readonly bookings: readonly Booking[]
}

export function writeStatement(messageId: string, at: Date, { id, sequence, iban, currency, day, opening: first, closing, bookings }: AccountDay): string {
  const amount = (minor: bigint): string => `<Amt Ccy="${currency}">${amountOf(minor, currency)}</Amt><CdtDbtInd>${minor < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`
  const balance = (kind: string, minor: bigint): string => `<Bal><Tp><CdOrPrtry><Cd>${kind}</Cd></CdOrPrtry></Tp>${amount(minor)}<Dt><Dt>${day}</Dt></Dt></Bal>`
  const entry = ({ minor, code, bankReference, text, endToEndId, messageId: file, returned, other }: Booking): string => {
    const [domain, family, sub] = code.split('/')
    const refs = [
      file && `<MsgId>${clean(file)}</MsgId>`,
      `<AcctSvcrRef>${clean(bankReference)}</AcctSvcrRef>`,
      endToEndId && `<EndToEndId>${clean(endToEndId)}</EndToEndId>`,
    ]
    const party =
      other === undefined ? '' : `<RltdPties><${minor < 0n ? 'Cdtr' : 'Dbtr'}><Pty><Nm>${clean(other)}</Nm></Pty></${minor < 0n ? 'Cdtr' : 'Dbtr'}></RltdPties>`
    const back = returned === undefined ? '' : `<RtrInf><Rsn><Cd>${returned}</Cd></Rsn></RtrInf>`
    return (
      `<Ntry>${amount(minor)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt><AcctSvcrRef>${clean(bankReference)}</AcctSvcrRef>` +
      `<BkTxCd><Domn><Cd>${domain}</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>${sub}</SubFmlyCd></Fmly></Domn></BkTxCd>` +
      `<NtryDtls><TxDtls><Refs>${refs.filter(Boolean).join('')}</Refs>${amount(minor)}${party}<RmtInf><Ustrd>${clean(text)}</Ustrd></RmtInf>${back}</TxDtls></NtryDtls></Ntry>`
    )
  }
  return (
    `${opening('camt.053.001.08')}<BkToCstmrStmt><GrpHdr><MsgId>${clean(messageId)}</MsgId><CreDtTm>${at.toISOString()}</CreDtTm></GrpHdr>` +
    `<Stmt><Id>${clean(id)}</Id><ElctrncSeqNb>${sequence}</ElctrncSeqNb><CreDtTm>${at.toISOString()}</CreDtTm><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>${currency}</Ccy></Acct>` +
    `${balance('OPBD', first)}${balance('CLBD', closing)}${bookings.map(entry).join('')}</Stmt></BkToCstmrStmt></Document>\n`
  )
}
