import { bodyOf, type AccountRow, type LineRow } from './rows.ts'
import type { Transfer } from '../ledger/ledger.ts'
import type { HubStore } from '../store/hub-store.ts'
import { places, type Conservation, type Place } from '#protocol/hub-api/conservation.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Where every minor unit is that ever came in, worked out once more by a simpler program: it adds up raw postings and reads raw entries of the tills' journals, and
 * only then looks at what the hub itself says. It shares no line with intake, settlement or reports, so that it does not share their mistakes.
 */
export async function conserve(store: HubStore, at: EpochMs): Promise<Conservation> {
  const claims = await readJournals(store)
  const books = newBooks()
  // Postings may come while others are read: what the accounts say is compared at a moment at which everything was read.
  for (;;) {
    await readPostings(store, books)
    const stored = await store.accounts(EVERYTHING)
    if ((await store.transfersAfter(books.lastSeq, 1)).length > 0) continue
    const faults = [...books.faults, ...accountFaults(books, stored), ...paymentFaults(books, claims), ...(await bankFaults(store, books))]
    const currencies = [...new Set(books.currencies.values())].toSorted().map((currency) => currencyOf(currency, books, claims))
    const lopsided = currencies
      .filter(({ differenceMinor }) => differenceMinor !== '0')
      .map(({ currency, differenceMinor }) => `${currency}: ${differenceMinor} from nowhere`)
    return { at, postings: books.postings, entries: claims.entries, currencies, faults: [...lopsided, ...faults] }
  }
}

const EVERYTHING = 10_000_000
const PAGE = 2_000
const PAGE_BYTES = 4 * 1024 * 1024
/** Of faults of one kind: more say nothing more. */
const MOST_NAMED = 20

// ---------------------------------------------------------------- postings

type Books = {
  lastSeq: number
  postings: number
  /** By account. Debits less credits. */
  readonly balances: Map<string, bigint>
  readonly currencies: Map<string, string>
  readonly held: Map<string, bigint>
  /** By payment: what was collected for it and what went back. */
  readonly collected: Map<string, bigint>
  readonly wentBack: Map<string, bigint>
  /** By payment: what was written off, less what of that is no loss any more. */
  readonly lost: Map<string, bigint>
  /** By payment and currency: what it left in the hub's position. */
  readonly exchanged: Map<string, Map<string, bigint>>
  readonly faults: string[]
}
const newBooks = (): Books => ({
  lastSeq: 0,
  postings: 0,
  balances: new Map(),
  currencies: new Map(),
  held: new Map(),
  collected: new Map(),
  wentBack: new Map(),
  lost: new Map(),
  exchanged: new Map(),
  faults: [],
})
const add = (sums: Map<string, bigint>, key: string, amount: bigint): void => void sums.set(key, (sums.get(key) ?? 0n) + amount)

function addExchanged({ exchanged }: Books, payment: string, currency: string, amount: bigint): void {
  const sums = exchanged.get(payment) ?? new Map<string, bigint>()
  exchanged.set(payment, sums)
  add(sums, currency, amount)
}

async function readPostings(store: HubStore, books: Books): Promise<void> {
  for (;;) {
    const rows = await store.transfersAfter(books.lastSeq, PAGE)
    for (const row of rows) readPosting(books, row)
    if (rows.length < PAGE) return
  }
}

function readPosting(books: Books, row: Transfer & { readonly seq: number }): void {
  const { id, kind, debit, credit, amount, currency, payment, status } = row
  books.lastSeq = row.seq
  if (kind === 'pending') {
    if (status === 'open') add(books.held, currency, amount)
    return
  }
  if (kind !== 'single' && kind !== 'post') return
  books.postings++
  for (const account of [debit, credit]) {
    const known = books.currencies.get(account)
    if (known !== undefined && known !== currency) books.faults.push(`${id}: ${account} is in ${known}, and this is ${currency}`)
    books.currencies.set(account, currency)
  }
  if (debit === credit || amount < 0n) books.faults.push(`${id} moves nothing from one place to another`)
  add(books.balances, debit, amount)
  add(books.balances, credit, -amount)
  if (payment === undefined) return
  const what = id.slice(payment.length)
  if (what === '/post' || what === '/pay') add(books.collected, payment, amount)
  for (const [account, sign] of [
    [debit, -1n],
    [credit, 1n],
  ] as const)
    if (account.startsWith('fx-position/')) addExchanged(books, payment, currency, sign * amount)
  // Goods that come back make a loss smaller, under the name of a refund: nobody gets money by it, since nobody had paid.
  if (debit.startsWith('losses/')) add(books.lost, payment, amount)
  else if (credit.startsWith('losses/')) add(books.lost, payment, -amount)
  else if (what === '/return' || id.endsWith('/refund')) add(books.wentBack, payment, amount)
}

// ---------------------------------------------------------------- journals

type Claims = { entries: number; readonly captured: Map<string, { readonly currency: string; readonly minor: bigint }> }

/** What the tills say that they took. A payment counts once, however often an entry about it came: with the most that one of them says. */
async function readJournals(store: HubStore): Promise<Claims> {
  const claims: Claims = { entries: 0, captured: new Map() }
  for (let after = 0; ;) {
    const page = await store.entries(after, PAGE, PAGE_BYTES)
    for (const { seq, bytes } of page) {
      after = seq
      claims.entries++
      readEntry(claims, jsonIn(new TextDecoder().decode(bytes)))
    }
    if (page.length === 0) return claims
  }
}

/** Undefined where it is none: custody keeps what tills signed, and a damaged entry lies there for people to see. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readEntry(claims: Claims, entry: unknown): void {
  if (typeof entry !== 'object' || entry === null) return
  const { kind, body } = entry as { kind?: unknown; body?: Record<string, unknown> | null }
  if (typeof body !== 'object' || body === null) return
  if (kind === 'entry.salvaged' && typeof body['bytes'] === 'string') return readEntry(claims, jsonIn(Buffer.from(body['bytes'], 'base64url').toString()))
  const { paymentId, amountMinor, currency } = body
  if (typeof paymentId !== 'string') return
  if (kind === 'payment.captured' || kind === 'payment.taken_in_cash') {
    const minor = BigInt(Number(amountMinor))
    if (minor > (claims.captured.get(paymentId)?.minor ?? -1n)) claims.captured.set(paymentId, { currency: String(currency), minor })
  }
}

// ---------------------------------------------------------------- places

/** By the beginning of an account's name; the longer ones first. */
const NAMES: readonly (readonly [RegExp, Place])[] = [
  [/^(demo-bank|test-bank|issuer)(\/|$)/, 'issuers'],
  [/^acquirer\//, 'acquirers'],
  [/^bank\//, 'bank'],
  [/^bank-unassigned\//, 'unexplained'],
  [/^bank-fees\//, 'bankFees'],
  [/^own-funds\//, 'ownFunds'],
  [/^cash\//, 'drawers'],
  [/^safe\//, 'safes'],
  [/^losses\//, 'losses'],
  [/^claims\//, 'claims'],
  [/^(over-short|rounding)\//, 'cashDifferences'],
  [/^exchange\//, 'exchange'],
  [/^fx-position\//, 'currencyPosition'],
  [/^fx-result\//, 'exchangeResult'],
  [/^(wallet|points|points-issued)\//, 'wallets'],
  [/^credit\//, 'credits'],
  [/^merchant\/[^/]+\/[^/]+\/uncollected$/, 'neverPaid'],
  [/^merchant\/[^/]+\/[^/]+\/(cash|credit)$/, 'merchantsCash'],
  [/^merchant\/[^/]+\/[^/]+$/, 'merchants'],
  [/^tips\//, 'tips'],
  [/^payouts\/(proposed|approved)\//, 'payoutsWaiting'],
  [/^payouts\/(sent|accepted)\//, 'payoutsSent'],
  [/^reserve\//, 'reserves'],
  [/^fees\//, 'fees'],
  [/^fee-tax\//, 'taxes'],
  [/^escrow\//, 'escrow'],
  [/^review\//, 'review'],
]
export const placeOf = (account: string): Place => NAMES.find(([name]) => name.test(account))?.[1] ?? 'unknown'
/** What came in is there, or is gone. */
const HOLDERS: ReadonlySet<Place> = new Set(places.slice(0, places.indexOf('wallets')))

function currencyOf(currency: string, books: Books, claims: Claims): Conservation['currencies'][number] {
  const own = [...books.balances].filter(([account]) => books.currencies.get(account) === currency)
  const placed = Map.groupBy(own, ([account]) => placeOf(account))
  const byPlace = places.map((place) => {
    const accounts = placed.get(place) ?? []
    return { place, minor: accounts.reduce((sum, [, balance]) => sum + balance, 0n), accounts: accounts.length }
  })
  const sums = { captured: 0n, posted: 0n, unpaid: 0n }
  for (const [payment, claim] of claims.captured) {
    if (claim.currency !== currency) continue
    const posted = books.collected.get(payment) ?? 0n
    sums.captured += claim.minor
    sums.posted += posted
    if (posted < claim.minor) sums.unpaid += claim.minor - posted
  }
  return {
    currency,
    enteredMinor: String(byPlace.filter(({ place }) => HOLDERS.has(place)).reduce((sum, { minor }) => sum + minor, 0n)),
    places: byPlace.filter(({ accounts }) => accounts > 0).map(({ place, minor, accounts }) => ({ place, minor: String(minor), accounts })),
    differenceMinor: String(byPlace.reduce((sum, { minor }) => sum + minor, 0n)),
    heldMinor: String(books.held.get(currency) ?? 0n),
    capturedMinor: String(sums.captured),
    postedMinor: String(sums.posted),
    unpaidMinor: String(sums.unpaid),
  }
}

// ---------------------------------------------------------------- faults

/** What the hub's own totals say of an account, against what its postings come to. */
function accountFaults(books: Books, stored: Awaited<ReturnType<HubStore['accounts']>>): string[] {
  const known = new Set(stored.map(({ id }) => id))
  const differ = stored.filter(({ id, debitsPosted, creditsPosted }) => debitsPosted - creditsPosted !== (books.balances.get(id) ?? 0n))
  const nowhere = [...books.balances.keys()].filter((id) => !known.has(id))
  const unknown = [...books.balances].filter(([id, balance]) => balance !== 0n && placeOf(id) === 'unknown')
  return [
    ...differ.map(({ id }) => `${id}: its totals are not what its postings come to`),
    ...nowhere.map((id) => `${id}: there is no such account`),
    ...unknown.map(([id]) => `${id}: nobody knows what place this is`),
  ].slice(0, MOST_NAMED)
}

/** No payment is collected beyond what a journal says, or given back beyond what was collected. */
function paymentFaults({ collected, wentBack, lost, exchanged }: Books, { captured }: Claims): string[] {
  const over = [...collected].filter(([payment, minor]) => minor > (captured.get(payment)?.minor ?? 0n))
  const back = [...wentBack].filter(([payment, minor]) => minor > (collected.get(payment) ?? 0n))
  // What a payment has brought in one currency stands against what was given for it in another: when one side is gone, so is the other.
  const oneSided = [...exchanged].filter(([, sums]) => {
    const [inAll, out] = [[...sums.values()].filter((minor) => minor > 0n).length, [...sums.values()].filter((minor) => minor < 0n).length]
    return inAll !== out || inAll > 1
  })
  return [
    ...oneSided.map(([payment]) => `payment ${payment}: one side of its exchange is missing`),
    ...over.map(([payment, minor]) => `payment ${payment}: ${minor} was collected, and no journal says so much`),
    ...back.map(([payment, minor]) => `payment ${payment}: ${minor} went back, and less was collected`),
    ...[...lost]
      .filter(([, minor]) => minor < 0n)
      .map(([payment, minor]) => `payment ${payment}: ${-minor} more is no loss any more, and less was written off`),
  ].slice(0, MOST_NAMED)
}

/** The account at the bank is what its last statement says, and what is unexplained is what people have on their list. */
async function bankFaults(store: HubStore, { balances }: Books): Promise<string[]> {
  const faults: string[] = []
  for (const row of await store.documents({ prefix: 'bank-account/', limit: PAGE })) {
    const currency = row.id.slice('bank-account/'.length)
    const { closing } = bodyOf<AccountRow>(row)
    const ledger = balances.get(`bank/${currency}`) ?? 0n
    if (ledger !== BigInt(closing)) faults.push(`bank/${currency}: the ledger says ${ledger}, the last statement ${closing}`)
    const open = (await store.documentsDue(`bank-line/${currency}/`, Number.MAX_SAFE_INTEGER, EVERYTHING)).reduce(
      (sum, line) => sum + BigInt(bodyOf<LineRow>(line).minor),
      0n,
    )
    const unexplained = -(balances.get(`bank-unassigned/${currency}`) ?? 0n)
    if (unexplained !== open) faults.push(`bank-unassigned/${currency}: the ledger says ${unexplained}, the open lines ${open}`)
  }
  return faults
}
