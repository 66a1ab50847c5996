import { equalBytes, hex, unbase64url, unhex, utf8, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { tillCertificateSchema, type TillCertificate } from '#protocol/hub/messages.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { readSignedReceipt } from '#protocol/receipt-text.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { TillAnswer } from '#protocol/wallet-api/answers.ts'
import type { ApiCode } from './api.ts'
import { isSignedBy } from './receipt-check.ts'

/** What a till said of itself when this phone asked last, kept so that its receipts are verified without a network. */
export type KnownTill = TillAnswer & { readonly keyId: string; readonly heardAt: EpochMs }

/** More shops than anybody visits in a month; the ones met longest ago go first. */
const MOST_TILLS = 50

/**
 * `genuine`: this very text was signed by that till, whose key the root that this phone met first has certified. `revoked`: so it was, but whoever has stolen
 * that key can sign the same. `unknown`: the bank knows no till with that key. `unchecked`: nobody could be asked, and this phone has not met that till.
 */
export type TillReceiptCheck =
  | { readonly is: 'genuine'; readonly till: string; readonly heardAt: EpochMs }
  | { readonly is: 'revoked'; readonly till: string; readonly revokedAt: EpochMs }
  | { readonly is: 'forged' | 'unknown' | 'unchecked' }

export type TillReceiptParts = {
  readonly rootPublicKey: string
  readonly known: readonly KnownTill[]
  readonly now: EpochMs
  /** The bank; undefined where it is out of reach. */
  ask(keyId: string): Promise<Outcome<TillAnswer, ApiCode> | undefined>
  keep(tills: readonly KnownTill[]): Promise<void>
}

/** A text that somebody took from a till’s screen or paper, with its signature below it. Whether it is one at all, `isTillReceipt` says. */
export const isTillReceipt = (text: string): boolean => readSignedReceipt(text) !== undefined

/**
 * Verifies a till's receipt: the root → the till's certificate → the receipt → its text. The bank is asked about the till each time that it can be, since a
 * key may have been stolen in the meantime; otherwise what it said last counts, and `heardAt` says when that was.
 */
export async function checkTillReceipt(signed: string, { rootPublicKey, known, now, ask, keep }: TillReceiptParts): Promise<TillReceiptCheck> {
  const read = readSignedReceipt(signed)
  if (read === undefined) return { is: 'forged' }
  const keyId = hex(read.envelope.keyId)
  const told = await ask(keyId)
  if (told?.ok === false && told.code === 'till.not_enrolled') return { is: 'unknown' }
  const till = told?.ok === true ? { ...told.value, keyId, heardAt: now } : known.find((each) => each.keyId === keyId)
  if (till === undefined) return { is: 'unchecked' }
  const certificate = await certified(till.certificate, rootPublicKey)
  if (certificate === undefined) return { is: 'forged' }
  if (told?.ok === true) await keep([till, ...known.filter((each) => each.keyId !== keyId)].slice(0, MOST_TILLS))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(utf8(read.text))))
  const isItsWord = await isSignedBy(read.envelope, signedTypes.receipt, unhex(certificate.publicKey))
  if (!isItsWord || !equalBytes(digest, read.envelope.payload)) return { is: 'forged' }
  const { name } = certificate
  return till.revokedAt === undefined ? { is: 'genuine', till: name, heardAt: till.heardAt } : { is: 'revoked', till: name, revokedAt: till.revokedAt }
}

async function certified(certificate: string, rootPublicKey: string): Promise<TillCertificate | undefined> {
  const envelope = parseSign1(unbase64url(certificate) ?? new Uint8Array(0))
  if (!envelope.ok || !(await isSignedBy(envelope.value, signedTypes.tillCertificate, unhex(rootPublicKey)))) return undefined
  try {
    return tillCertificateSchema.safeParse(JSON.parse(utf8Text(envelope.value.payload))).data
  } catch {
    return undefined
  }
}

/** What a person reads of it: without the signature, which is only for machines. */
export const textOf = (signed: string): string => readSignedReceipt(signed)?.text ?? ''
