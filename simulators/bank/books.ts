import { amountOf, minorOf, readPaymentFile, writeStatement, writeStatus, type Answer, type Booking, type PaymentFile } from './messages.ts'

/** What this bank does that a hub has to bear. Each is done once and then forgotten. */
export type BankFault = 'late answer' | 'answers doubled' | 'answers out of order' | 'statement doubled' | 'statement missing' | 'wrong balance' | 'reject file'

/** Everything that the bank remembers: plain JSON, so that a bank in a folder is as old as its folder. Amounts are decimal text of minor units. */
export type BankMemory = {
  readonly iban: string
  readonly currency: string
  balance: string
  statements: number
  messages: number
  /** Message ids of files that were taken, so that none is carried out twice. */
  readonly taken: string[]
  /** Names of files that were taken. */
  readonly files: string[]
  readonly today: (Omit<Booking, 'minor'> & { readonly minor: string })[]
  /** Answers that it owes. */
  readonly unanswered: Sent[]
  /** Statements that were not sent and are, when somebody misses them. */
  readonly kept: Sent[]
  /** Accounts elsewhere that are closed: transfers there are rejected at once. */
  readonly closed: string[]
  /** Accounts elsewhere that take money and send it back the same day. */
  readonly refusing: string[]
  readonly faults: BankFault[]
}

/** A file for the customer. */
export type Sent = { readonly name: string; readonly text: string }

export const newBank = (iban: string, currency: string, openingMinor: bigint): BankMemory => ({
  iban,
  currency,
  balance: String(openingMinor),
  statements: 0,
  messages: 0,
  taken: [],
  files: [],
  today: [],
  unanswered: [],
  kept: [],
  closed: [],
  refusing: [],
  faults: [],
})

/** One account of one customer at a bank. Changes what it is given; who keeps it writes it down before anything is sent. */
export function createBank(memory: BankMemory, now: () => Date) {
  const nextId = (kind: string): string => `${kind}-${String(++memory.messages).padStart(6, '0')}`
  const has = (fault: BankFault): boolean => {
    const place = memory.faults.indexOf(fault)
    if (place >= 0) memory.faults.splice(place, 1)
    return place >= 0
  }
  const book = (booking: Booking): void => {
    memory.today.push({ ...booking, minor: String(booking.minor) })
    memory.balance = String(BigInt(memory.balance) + booking.minor)
  }
  const reject = (about: Pick<PaymentFile, 'messageId' | 'informationId' | 'count'>, reason: string): Sent[] => {
    const id = nextId('STS')
    return [{ name: `pain.002-${id}.xml`, text: writeStatus({ id, at: now(), about, status: 'RJCT', reason, answers: [] }) }]
  }

  function carryOut(file: PaymentFile): Answer[] {
    return file.orders.map((order): Answer => {
      if (memory.closed.includes(order.creditorIban)) return { endToEndId: order.endToEndId, status: 'RJCT', reason: 'AC04' }
      if (order.currency !== memory.currency) return { endToEndId: order.endToEndId, status: 'RJCT', reason: 'AM03' }
      if (BigInt(memory.balance) < order.minor) return { endToEndId: order.endToEndId, status: 'RJCT', reason: 'AM04' }
      const common = { endToEndId: order.endToEndId, messageId: file.messageId, text: order.remittance, other: order.creditor }
      book({ ...common, minor: -order.minor, code: 'PMNT/ICDT/ESCT', bankReference: nextId('TRX') })
      if (memory.refusing.includes(order.creditorIban)) giveBack(order.endToEndId, 'AC06')
      return { endToEndId: order.endToEndId, status: 'ACSP' }
    })
  }

  /** A transfer of today comes back from the other bank. */
  function giveBack(endToEndId: string, reason: string): void {
    const sent = memory.today.find((booking) => booking.endToEndId === endToEndId && booking.minor.startsWith('-'))
    if (sent === undefined) throw new Error(`nothing went out today as ${endToEndId}`)
    book({ ...sent, minor: -BigInt(sent.minor), code: 'PMNT/ICDT/RRTN', bankReference: nextId('TRX'), returned: reason })
  }

  return {
    /** Takes a payment file and answers, or not yet. A file that it has taken before is rejected as a duplicate. */
    take(bytes: Uint8Array): Sent[] {
      let file: PaymentFile
      try {
        file = readPaymentFile(bytes)
      } catch {
        return reject({ messageId: 'UNREADABLE', informationId: 'UNREADABLE', count: 0 }, 'FF01')
      }
      if (memory.taken.includes(file.messageId)) return reject(file, 'DU01')
      memory.taken.push(file.messageId)
      const sum = file.orders.reduce((total, { minor }) => total + minor, 0n)
      if (file.debtorIban !== memory.iban) return reject(file, 'AC01')
      if (file.count !== file.orders.length || minorOf(file.sum, memory.currency) !== sum) return reject(file, 'AM10')
      if (has('reject file')) return reject(file, 'DT01')

      const answers = carryOut(file)
      const refused = answers.filter(({ status }) => status === 'RJCT').length
      const status = refused === 0 ? 'ACSP' : refused === answers.length ? 'RJCT' : 'PART'
      const [received, done] = [nextId('STS'), nextId('STS')]
      const messages: Sent[] = [
        { name: `pain.002-${received}.xml`, text: writeStatus({ id: received, at: now(), about: file, status: 'PDNG', answers: [] }) },
        { name: `pain.002-${done}.xml`, text: writeStatus({ id: done, at: now(), about: file, status, answers }) },
      ]
      if (has('late answer')) {
        memory.unanswered.push(...messages)
        return []
      }
      if (has('answers doubled')) messages.push(...messages.map(({ name, text }) => ({ name: name.replace('.xml', '-again.xml'), text })))
      return has('answers out of order') ? messages.reverse() : messages
    },
    /** What it should have answered long ago. */
    answerLate: (): Sent[] => memory.unanswered.splice(0),
    giveBack,
    /** Money from outside, such as an acquirer's settlement or somebody's mistake. */
    credit(minor: bigint, other: string, text: string, reference?: string): void {
      book({ minor, code: 'PMNT/RCDT/ESCT', bankReference: nextId('TRX'), text, other, ...(reference !== undefined && { endToEndId: reference }) })
    },
    charge: (minor: bigint, text: string): void => book({ minor: -minor, code: 'ACMT/MDOP/CHRG', bankReference: nextId('FEE'), text }),
    /** Ends the day and says what was in it. */
    closeDay(day: string): Sent[] {
      const bookings = memory.today.splice(0).map((booking) => ({ ...booking, minor: BigInt(booking.minor) }))
      const closing = BigInt(memory.balance)
      const opening = closing - bookings.reduce((sum, { minor }) => sum + minor, 0n)
      const sequence = ++memory.statements
      const { iban, currency } = memory
      // Who complains gets it once more as it should have been.
      const isWrong = has('wrong balance')
      const statement = {
        id: `${iban.slice(-6)}-${sequence}`,
        sequence,
        iban,
        currency,
        day,
        opening,
        closing: isWrong ? closing + 1n : closing,
        bookings,
      }
      const sent: Sent = { name: `camt.053-${String(sequence).padStart(5, '0')}.xml`, text: writeStatement(nextId('STM'), now(), statement) }
      if (isWrong)
        memory.kept.push({ name: sent.name.replace('.xml', '-corrected.xml'), text: writeStatement(nextId('STM'), now(), { ...statement, closing }) })
      if (has('statement missing')) {
        memory.kept.push(sent)
        return []
      }
      if (!has('statement doubled')) return [sent]
      return [sent, { name: sent.name.replace('.xml', '-again.xml'), text: writeStatement(nextId('STM'), now(), statement) }]
    },
    /** The statements that the customer missed. */
    sendKept: (): Sent[] => memory.kept.splice(0),
    balanceText: (): string => `${amountOf(BigInt(memory.balance), memory.currency)} ${memory.currency}`,
  }
}
export type Bank = ReturnType<typeof createBank>
