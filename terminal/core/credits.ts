import { hex } from '#protocol/bytes.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { creditCode, proofOfCredit, sealOf, verifyCredit, type Credit, type ReadCredit } from '#protocol/credit/code.ts'
import type { Id } from '#protocol/ids.ts'
import type { EntryBody, Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import { parseRecord, type TillStore } from './store.ts'

const KNOWN = 'credit/known/'
const DAY = 'credit/day'

/** A gift card that was sold or store credit for what was brought back: `saleId` or `returnId` names what it is for. Minor units. */
export type CreditWish = Pick<EntryBody<'credit.issued'>, 'why' | 'saleId' | 'returnId' | 'amountMinor' | 'currency'>

/** Credit that is about to be issued, each in the order of its wish: its facts and records belong into one transaction with what it is for. */
export type IssuedCredits = { readonly credits: readonly Credit[]; readonly facts: readonly Fact[]; readonly put: Record<string, string>; readonly today: Day }

type Day = { readonly day: string; readonly issuedMinor: Minor }
/** What this till knows of a credit. `isTrusted`: it was signed by this till or by the hub, so what is left may be spent without asking, as far as the policy goes. */
type Known = { readonly amountMinor: Minor; readonly spentMinor: Minor; readonly isTrusted: boolean }

export type CreditPorts = {
  readonly crypto: Crypto
  readonly signer: Signer
  /** Keys that it had before: what was issued under one of them is printed again as it was. */
  readonly former?: readonly { readonly signer: Signer; readonly until: EpochMs }[]
  readonly store: Pick<TillStore, 'records'>
  readonly authority: Authority
  newId(): Id
}

/**
 * Gift cards and store credit at this till: what it issues, and what it knows to be left of those that were shown to it. Codes are secrets and stand nowhere
 * but on paper: the same key makes the same code again (`creditCode`), so a receipt can be printed later.
 */
export class Credits {
  readonly #ports: CreditPorts
  #today: Day

  constructor(ports: CreditPorts) {
    this.#ports = ports
    this.#today = parseRecord<Day>(ports.store.records(DAY).get(DAY) ?? '{"day":"","issuedMinor":0}')
  }

  /** Whether so much more may be issued at this time: the hub would take more for an invention. */
  mayIssue(amountMinor: Minor, at: EpochMs): Outcome<null> {
    const most = this.#ports.authority.terms.credits?.perDayMinor
    if (most === undefined) return fail('credit.not_sold_here')
    return this.#dayOf(at).issuedMinor + amountMinor > most ? fail('credit.day_cap') : ok(null)
  }

  /** New credits. Nothing is kept of them until `issued`. */
  issue(wishes: readonly CreditWish[], at: EpochMs): IssuedCredits {
    const { crypto, newId } = this.#ports
    const put: Record<string, string> = {}
    const facts: Fact[] = []
    const credits = wishes.map((wish): Credit => {
      const { amountMinor, currency } = wish
      const credit = { creditId: newId(), amountMinor, currency, issuedAtMs: at }
      const seal = sealOf(crypto, proofOfCredit(crypto, this.codeOf(credit)))
      facts.push({ kind: 'credit.issued', body: { creditId: credit.creditId, ...wish, seal } })
      put[KNOWN + credit.creditId] = JSON.stringify({ amountMinor, spentMinor: 0, isTrusted: true } satisfies Known)
      return credit
    })
    const { day, issuedMinor } = this.#dayOf(at)
    const today = { day, issuedMinor: credits.reduce((sum, { amountMinor }) => sum + amountMinor, issuedMinor) }
    return { credits, facts, put: credits.length === 0 ? {} : { ...put, [DAY]: JSON.stringify(today) }, today }
  }

  /** They are on the disk. */
  issued({ today }: IssuedCredits): void {
    this.#today = today
  }

  /** The text of the QR code on the receipt. */
  codeOf(credit: Credit): string {
    const { signer, former = [] } = this.#ports
    return creditCode(former.find(({ until }) => credit.issuedAtMs < until)?.signer ?? signer, credit)
  }

  /**
   * A code that was shown: whether it is genuine, as far as that can be seen here. One of another till is believed by nobody but the hub.
   * `leftMinor`: what it may pay; where this till thinks that nothing is left, what it was issued for, since the hub may know better.
   */
  recognise(read: ReadCredit): Outcome<{ readonly leftMinor: Minor; readonly put: Record<string, string> }> {
    const { crypto, signer, former = [], authority } = this.#ports
    const { credit, envelope } = read
    const keyId = hex(envelope.keyId)
    const own = [signer, ...former.map((key) => key.signer)].find((key) => hex(key.keyId) === keyId)
    const key = own?.publicKey ?? authority.issuerKey(keyId)?.publicKey
    if (key !== undefined && !verifyCredit(crypto, read, key)) return fail('code.forged', 'credit')
    const { spentMinor } = this.#known(credit.creditId) ?? { spentMinor: 0 }
    const leftMinor = credit.amountMinor > spentMinor ? credit.amountMinor - spentMinor : credit.amountMinor
    const known: Known = { amountMinor: credit.amountMinor, spentMinor, isTrusted: key !== undefined }
    return ok({ leftMinor, put: { [KNOWN + credit.creditId]: JSON.stringify(known) } })
  }

  isTrusted(creditId: Id): boolean {
    return this.#known(creditId)?.isTrusted === true
  }

  /** What may be spent without asking. */
  leftOf(creditId: Id): Minor {
    const known = this.#known(creditId)
    return known?.isTrusted === true ? Math.max(0, known.amountMinor - known.spentMinor) : 0
  }

  /** What has to be stored with the capture that spends so much of it or, below zero, with what goes back. */
  putSpent(creditId: Id, minor: Minor): Record<string, string> {
    const known = this.#known(creditId)
    return known === undefined ? {} : { [KNOWN + creditId]: JSON.stringify({ ...known, spentMinor: Math.max(0, known.spentMinor + minor) }) }
  }

  /** What has to be stored when the hub has said how much is left. */
  putLeft(creditId: Id, leftMinor: Minor): Record<string, string> {
    const known = this.#known(creditId)
    return known === undefined ? {} : { [KNOWN + creditId]: JSON.stringify({ ...known, spentMinor: Math.max(0, known.amountMinor - leftMinor) }) }
  }

  #known(creditId: Id): Known | undefined {
    const text = this.#ports.store.records(KNOWN + creditId).get(KNOWN + creditId)
    return text === undefined ? undefined : parseRecord<Known>(text)
  }

  #dayOf(at: EpochMs): Day {
    const day = new Date(at).toISOString().slice(0, 10)
    return this.#today.day === day ? this.#today : { day, issuedMinor: 0 }
  }
}

/** Of a currency's credits that a sale is about to issue. */
export const wishFor = (saleId: Id, amountMinor: Minor, currency: Currency): CreditWish => ({ why: 'gift', saleId, amountMinor, currency })
