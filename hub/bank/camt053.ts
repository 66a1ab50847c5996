import { readAmount } from './amounts.ts'
import { at, childrenOf, textAt, type Xml } from './xml.ts'
import type { Day } from './business-days.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** One movement on the account. `minor` is positive where money came and negative where it went. */
export type StatementLine = {
  readonly minor: bigint
  readonly day: Day
  /** The bank's own name of it. */
  readonly bankReference: string | undefined
  /** What the one who paid called it: for a payout its id without dashes. */
  readonly endToEndId: string | undefined
  /** Of the file that it was in, where the bank says so. */
  readonly messageId: string | undefined
  /** Domain, family and sub-family, such as PMNT/ICDT/ESCT (ExternalBankTransactionDomain1Code and on). */
  readonly code: string
  /** A transfer that came back: why, such as AC04. */
  readonly returned: string | undefined
  /** Who is at the other end and what it is for, in the bank's words. */
  readonly text: string
}

export type Statement = {
  readonly id: string
  /** The bank's count of this account's statements, where it keeps one. */
  readonly sequence: number | undefined
  readonly iban: string
  readonly currency: Currency
  readonly opening: bigint
  readonly closing: bigint
  readonly day: Day
  readonly lines: readonly StatementLine[]
}

const malformed = (detail: string) => fail('bank.malformed', detail)
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d/.test(text)

/**
 * The statements of a bank-to-customer statement (camt.053.001.08), of each only what is booked. `bank.sums`: the opening balance and the lines do not make the closing
 * balance, or the details of a line not the line. Statements in several pages are not read: a page has no balance to check it by.
 */
export function readCamt053(root: Xml): Outcome<{ readonly messageId: string; readonly statements: readonly Statement[] }, 'bank.malformed' | 'bank.sums'> {
  const message = at(root, 'BkToCstmrStmt')
  const messageId = textAt(message, 'GrpHdr/MsgId')
  if (messageId === undefined) return malformed('it does not name itself')
  const pages = textAt(message, 'GrpHdr/MsgPgntn/PgNb')
  if (pages !== undefined && (pages !== '1' || textAt(message, 'GrpHdr/MsgPgntn/LastPgInd') !== 'true')) return malformed('it is one of several pages')
  const statements: Statement[] = []
  for (const element of childrenOf(message, 'Stmt')) {
    const statement = readStatement(element)
    if (!statement.ok) return statement
    statements.push(statement.value)
  }
  return statements.length === 0 ? malformed('it has no statement') : ok({ messageId, statements })
}

function readStatement(element: Xml): Outcome<Statement, 'bank.malformed' | 'bank.sums'> {
  const id = textAt(element, 'Id')
  const iban = textAt(element, 'Acct/Id/IBAN')
  if (id === undefined || iban === undefined) return malformed('a statement names neither itself nor its account')
  if (textAt(element, 'StmtPgntn/LastPgInd') === 'false') return malformed('a statement is one of several pages')
  const first = balanceOf(element, ['OPBD', 'PRCD'])
  const last = balanceOf(element, ['CLBD'])
  if (first === undefined || last === undefined || first.currency !== last.currency) return malformed('a statement does not say where it begins and ends')
  const declared = textAt(element, 'Acct/Ccy')
  if (declared !== undefined && declared !== first.currency) return malformed('a statement is in another currency than its account')

  const lines: StatementLine[] = []
  for (const entry of childrenOf(element, 'Ntry')) {
    if ((textAt(entry, 'Sts/Cd') ?? textAt(entry, 'Sts/Prtry')) !== 'BOOK') continue
    const read = readEntry(entry, first.currency, last.day)
    if (!read.ok) return read
    lines.push(...read.value.filter(({ minor }) => minor !== 0n))
  }
  const moved = lines.reduce((sum, { minor }) => sum + minor, 0n)
  if (first.minor + moved !== last.minor) return fail('bank.sums', `${first.minor} and ${moved} are not ${last.minor} (${first.currency}, minor units)`)
  const sequence = Number(textAt(element, 'ElctrncSeqNb') ?? textAt(element, 'LglSeqNb') ?? NaN)
  return ok({
    id,
    sequence: Number.isSafeInteger(sequence) ? sequence : undefined,
    iban,
    currency: first.currency,
    opening: first.minor,
    closing: last.minor,
    day: last.day,
    lines,
  })
}

/** The balance of one of these kinds, the first of them that there is. A debit balance is negative: the account is overdrawn. */
function balanceOf(element: Xml, kinds: readonly string[]): { readonly minor: bigint; readonly currency: Currency; readonly day: Day } | undefined {
  const balances = childrenOf(element, 'Bal')
  const balance = kinds.map((kind) => balances.find((each) => textAt(each, 'Tp/CdOrPrtry/Cd') === kind)).find((found) => found !== undefined)
  const currency = at(balance, 'Amt')?.attributes.get('Ccy')
  const minor = signedAmount(balance, currency)
  const day = textAt(balance, 'Dt/Dt') ?? textAt(balance, 'Dt/DtTm')
  return currency === undefined || minor === undefined || day === undefined || !isDay(day) ? undefined : { minor, currency, day: day.slice(0, 10) }
}

/** By its own mark of credit or debit, or else by that of the entry that it is in. */
function signedAmount(element: Xml | undefined, currency: string | undefined, otherwise?: string): bigint | undefined {
  const amount = at(element, 'Amt')
  const side = textAt(element, 'CdtDbtInd') ?? otherwise
  if (amount === undefined || currency === undefined || amount.attributes.get('Ccy') !== currency) return undefined
  const minor = readAmount(amount.text.trim(), currency)
  if (minor === undefined || (side !== 'CRDT' && side !== 'DBIT')) return undefined
  return side === 'CRDT' ? minor : -minor
}

function readEntry(entry: Xml, currency: Currency, otherwise: Day): Outcome<readonly StatementLine[], 'bank.malformed' | 'bank.sums'> {
  const whole = signedAmount(entry, currency)
  if (whole === undefined) return malformed('a line has no amount in the account’s currency')
  const day = (textAt(entry, 'BookgDt/Dt') ?? textAt(entry, 'BookgDt/DtTm') ?? otherwise).slice(0, 10)
  const domain = at(entry, 'BkTxCd/Domn')
  const code = [textAt(domain, 'Cd'), textAt(domain, 'Fmly/Cd'), textAt(domain, 'Fmly/SubFmlyCd')].filter(Boolean).join('/')
  const own = textAt(entry, 'AcctSvcrRef') ?? textAt(entry, 'NtryRef')
  const about = { day, code, text: textAt(entry, 'AddtlNtryInf')?.slice(0, 140) ?? '' }
  const details = childrenOf(entry, 'NtryDtls').flatMap((each) => childrenOf(each, 'TxDtls'))
  if (details.length === 0) return ok([{ ...about, minor: whole, bankReference: own, endToEndId: undefined, messageId: undefined, returned: undefined }])

  const side = textAt(entry, 'CdtDbtInd')
  const lines: StatementLine[] = []
  for (const detail of details) {
    const minor = at(detail, 'Amt') === undefined && details.length === 1 ? whole : signedAmount(detail, currency, side)
    if (minor === undefined) return malformed('a detail of a line has no amount in the account’s currency')
    const back = at(detail, 'RtrInf')
    lines.push({
      ...about,
      minor,
      bankReference: textAt(detail, 'Refs/AcctSvcrRef') ?? own,
      endToEndId: referenceAt(detail, 'Refs/EndToEndId'),
      messageId: referenceAt(detail, 'Refs/MsgId'),
      returned: back && (textAt(back, 'Rsn/Cd') ?? textAt(back, 'Rsn/Prtry') ?? textAt(back, 'AddtlInf') ?? 'MS03'),
      text: wordsOf(detail).slice(0, 140) || about.text,
    })
  }
  const told = lines.reduce((sum, { minor }) => sum + minor, 0n)
  return told === whole ? ok(lines) : fail('bank.sums', `the details of a line are ${told}, the line is ${whole} (${currency}, minor units)`)
}

/** NOTPROVIDED is how a bank says that there is none. */
function referenceAt(element: Xml, path: string): string | undefined {
  const reference = textAt(element, path)
  return reference === 'NOTPROVIDED' ? undefined : reference
}

function wordsOf(detail: Xml): string {
  const parties = ['RltdPties/Dbtr/Pty/Nm', 'RltdPties/Cdtr/Pty/Nm'].map((path) => textAt(detail, path))
  const purpose = childrenOf(at(detail, 'RmtInf'), 'Ustrd').map(({ text }) => text.trim())
  return [...parties, ...purpose, textAt(detail, 'AddtlTxInf')].filter(Boolean).join(' · ')
}
