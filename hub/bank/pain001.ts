import { controlSum, MOST_MINOR, writeAmount } from './amounts.ts'
import type { Day } from './business-days.ts'
import { isBic, isPayableIban } from './iban.ts'
import { latin } from './latin.ts'
import { escapeXml } from './xml.ts'
import { mod97 } from '../merchants/iban.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

export type Transfer = { readonly payout: Id; readonly amountMinor: bigint; readonly name: string; readonly iban: string; readonly bic?: string | undefined }

/** What a file says. The same batch always makes the same bytes, so that a file can be written again after a crash. */
export type Batch = {
  readonly id: Id
  readonly createdAt: EpochMs
  readonly executionDay: Day
  readonly currency: Currency
  readonly debtor: { readonly name: string; readonly iban: string; readonly bic: string }
  readonly transfers: readonly Transfer[]
}

/** Max35Text: a UUID without its dashes has 32 characters. */
export const bankReference = (id: Id): string => id.replaceAll('-', '')

/** The payout that a reference names, if it is one. */
export function payoutOf(reference: string | undefined): Id | undefined {
  const digits = reference?.toLowerCase()
  if (digits === undefined || !/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.test(digits)) return undefined
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** A creditor reference by ISO 11649 for the merchant's bookkeeping: RF, check digits, the end of the payout's id. */
export function creditorReference(payout: Id): string {
  const reference = bankReference(payout).slice(-20).toUpperCase()
  return `RF${String(98 - mod97(`${reference}RF00`)).padStart(2, '0')}${reference}`
}

/** Why this cannot be written into a file, for a person; undefined where it can. */
export function whyUnpayable({ amountMinor, name, iban }: Pick<Transfer, 'amountMinor' | 'name' | 'iban'>): string | undefined {
  if (amountMinor <= 0n || amountMinor >= MOST_MINOR) return 'the amount is not positive, or too large for a bank'
  if (!isPayableIban(iban)) return 'the IBAN is wrong'
  return latin(name, 70) === '' ? 'the name of the account’s owner has no Latin letters, which is all that banks pass on' : undefined
}

const element = (name: string, ...inside: readonly string[]): string => `<${name}>${inside.join('')}</${name}>`
const text = (name: string, value: string): string => `<${name}>${escapeXml(value)}</${name}>`

/**
 * A customer credit transfer initiation (pain.001.001.10) with one payment information, of which each transfer is booked by itself. Throws for what
 * `whyUnpayable` names: who makes a batch has asked before.
 */
export function writePain001({ id, createdAt, executionDay, currency, debtor, transfers }: Batch): string {
  invariant(transfers.length > 0, 'a batch has transfers')
  invariant(isPayableIban(debtor.iban) && isBic(debtor.bic), 'the hub’s own account is right')
  const sums = [text('NbOfTxs', String(transfers.length)), text('CtrlSum', controlSum(transfers.map(({ amountMinor }) => ({ minor: amountMinor, currency }))))]
  const header = element(
    'GrpHdr',
    text('MsgId', bankReference(id)),
    text('CreDtTm', new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z')),
    ...sums,
    element('InitgPty', text('Nm', latin(debtor.name, 70))),
  )
  const information = element(
    'PmtInf',
    text('PmtInfId', bankReference(id)),
    text('PmtMtd', 'TRF'),
    text('BtchBookg', 'false'),
    ...sums,
    ...(currency === 'EUR' ? [element('PmtTpInf', element('SvcLvl', text('Cd', 'SEPA')))] : []),
    element('ReqdExctnDt', text('Dt', executionDay)),
    element('Dbtr', text('Nm', latin(debtor.name, 70))),
    element('DbtrAcct', element('Id', text('IBAN', debtor.iban)), text('Ccy', currency)),
    element('DbtrAgt', element('FinInstnId', text('BICFI', debtor.bic))),
    text('ChrgBr', 'SLEV'),
    ...transfers.map((transfer) => writeTransfer(transfer, currency)),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.10">${element('CstmrCdtTrfInitn', header, information)}</Document>\n`
}

function writeTransfer(transfer: Transfer, currency: Currency): string {
  const why = whyUnpayable(transfer)
  invariant(why === undefined, `a transfer can be paid: ${why}`)
  const { payout, amountMinor, name, iban, bic } = transfer
  return element(
    'CdtTrfTxInf',
    element('PmtId', text('EndToEndId', bankReference(payout))),
    element('Amt', `<InstdAmt Ccy="${currency}">${writeAmount(amountMinor, currency)}</InstdAmt>`),
    ...(bic === undefined ? [] : [element('CdtrAgt', element('FinInstnId', text('BICFI', bic)))]),
    element('Cdtr', text('Nm', latin(name, 70))),
    element('CdtrAcct', element('Id', text('IBAN', iban))),
    element(
      'RmtInf',
      element(
        'Strd',
        element('CdtrRefInf', element('Tp', element('CdOrPrtry', text('Cd', 'SCOR')), text('Issr', 'ISO')), text('Ref', creditorReference(payout))),
      ),
    ),
  )
}
