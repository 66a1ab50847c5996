import { WindowBook, type Settled } from './book.ts'
import { chargebackRow, readChargeback } from './chargeback.ts'
import { claimRow, claimsPrefix, leftOf, readClaim, type Claim } from './claim.ts'
import { indexRows } from './payout-index.ts'
import { payoutRow, type Payout } from './payout.ts'
import { netOf, readPosition, readWindow, windowDocument, type SettlementWindow } from './window.ts'
import { localDate } from './windows.ts'
import { Desk } from '../intake/desk.ts'
import { pump, type Pump } from '../intake/pump.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { claimAccount, merchantAccount, payoutAccount, reserveAccount } from '../ledger/names.ts'
import type { MerchantVersion, Merchants } from '../merchants/register.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { scale, type Currency } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'

/**
 * Closes windows that have ended: what one came to is kept back in part, set off against what the merchant owes, and proposed to be paid out, or carried on. One
 * small commit for each window, from its totals alone; between two of them intake has its turn. A hub that is killed on the way finds the rest due again.
 */
export type CloserPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly store: HubStore
  readonly merchants: Pick<Merchants, 'find' | 'at'>
  changed(): void
  warn(line: string): void
}

/** Kept back when a window closed, for a time. */
type Reserve = { readonly window: string; readonly merchant: Id; readonly currency: Currency; readonly amountMinor: string; readonly releasedAt?: EpochMs }

const CLOSED_BY = 'hub'
const MILLION = 1_000_000
const MAX_DUE = 100
const FULL_DISK_PAUSE = 5 * SECOND
const reserveDocument = (window: string): string => `reserve/${window}`

export type Closer = Pump & {
  /**
   * Ends a window before its time, by a person: what it came to is proposed like that of any other, and whoever ended it does not approve that. What is posted from now on
   * counts in a window of its own, until the same cut-off.
   */
  closeNow(id: string, by: string): Promise<Outcome<SettlementWindow, 'window.unknown' | 'window.not_open' | 'till.disk_full'>>
}

export function createCloser(ports: CloserPorts): Closer {
  const { clock, timers, store, merchants, changed, warn } = ports
  const random = () => makeId(clock.now(), ports.crypto.randomBytes(10))
  /** Who waits for all to be done, or for the end, lets nobody go first. */
  let hurried = false
  let wakeUp: () => void = () => undefined
  /** Lets what came over sockets run first, and rests as long as the last commit took: at most every second commit is one of ours. */
  async function giveWay(tookMs: DurationMs): Promise<void> {
    if (hurried) return
    await new Promise<void>((resolve) => {
      wakeUp = resolve
      timers.after(Math.ceil(tookMs), resolve)
    })
  }
  async function hurry(until: () => Promise<void>): Promise<void> {
    hurried = true
    wakeUp()
    await until()
    hurried = false
  }

  async function turn(): Promise<boolean> {
    const now = clock.now()
    const works = [
      { rows: await store.documentsDue('window/', now, MAX_DUE), end: (row: DocumentRow) => closeWindow(row) },
      { rows: await store.documentsDue('reserve/', now, MAX_DUE), end: releaseReserve },
      { rows: await store.documentsDue('position/', now, MAX_DUE), end: claimOwed },
      { rows: await store.documentsDue('chargeback/', now, MAX_DUE), end: loseChargeback },
    ]
    for (const { rows, end } of works) {
      for (const row of rows) {
        const began = clock.monotonic()
        if ((await end(row)) === 'full') {
          warn('the disk is full: windows are closed later')
          timers.after(FULL_DISK_PAUSE, work.wake)
          return false
        }
        await giveWay(clock.monotonic() - began)
      }
    }
    if (works.some(({ rows }) => rows.length > 0)) changed()
    return works.some(({ rows }) => rows.length === MAX_DUE)
  }

  /** Loads, decides and commits, again where somebody else was faster. */
  async function commit(
    merchant: Id,
    currency: Currency,
    documents: readonly string[],
    accounts: readonly string[],
    act: (desk: Desk, settled: Settled, version: MerchantVersion) => void,
  ) {
    const version = merchants.find(merchant)
    invariant(version !== undefined, 'whoever has windows has terms')
    const settled = { merchant, currency, terms: version.terms }
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(store, { payments: [], documents, accounts }, settled, clock.now())
      act(desk, settled, version)
      const committed = await store.commit(desk.changes())
      if (committed !== 'stale') return committed
    }
    // Whoever was faster each time has left it due: the next turn tries again.
    return 'stale'
  }

  /** `early`: who ends it now, whenever it would have ended. */
  async function closeWindow(row: DocumentRow, early?: string) {
    const { id, merchant, currency, endsAt } = readWindow(row)
    // What was agreed on for later is for later windows. To whom it goes is as it is now.
    const then = (await merchants.at(merchant, Math.min(endsAt, clock.now()) - 1))?.terms
    const claims = await store.documents({ prefix: claimsPrefix(merchant, currency), limit: MAX_DUE })
    const accounts = [reserveAccount(merchant, currency), claimAccount(merchant, currency), payoutAccount('proposed', merchant, currency)]
    const documents = [row.id, reserveDocument(id), ...claims.map((claim) => claim.id)]
    return await commit(merchant, currency, documents, accounts, (desk, settled, version) => {
      const book = new WindowBook(desk, settled)
      const window = book.window(id)
      if (window?.state !== 'open' || (early === undefined ? window.endsAt > desk.now : window.startsAt >= desk.now)) return
      if (window.endsAt > desk.now) book.keep({ ...window, endsAt: desk.now, date: localDate(settled.terms.timeZone, desk.now) })
      keepReserve(desk, book, { ...settled, terms: then ?? settled.terms }, window)
      setOff(desk, book, settled, window, claims)
      endWindow(desk, book, version, id, random(), early ?? CLOSED_BY)
      book.save()
    })
  }

  async function releaseReserve(row: DocumentRow) {
    const { merchant, currency } = JSON.parse(row.body) as Reserve
    return await commit(merchant, currency, [row.id], [reserveAccount(merchant, currency)], (desk) => {
      const held = desk.document(row.id)
      invariant(held !== undefined, 'reserves are never removed')
      const reserve = JSON.parse(held.body) as Reserve
      if (reserve.releasedAt !== undefined) return
      const [debit, credit] = [reserveAccount(merchant, currency), merchantAccount(merchant, currency)]
      // Counted by the window that is open now.
      const released = desk.apply({ kind: 'single', id: `${reserve.window}/release`, debit, credit, amount: BigInt(reserve.amountMinor) })
      invariant(released.ok, 'what was kept back is there')
      desk.saveDocument({ ...held, dueAt: undefined, body: JSON.stringify({ ...reserve, releasedAt: desk.now }) })
    })
  }

  /** Nobody has shown evidence in time. The money is gone already. */
  async function loseChargeback(row: DocumentRow) {
    const chargeback = readChargeback(row)
    const steps = [...chargeback.steps, { event: 'lose', by: CLOSED_BY, at: clock.now(), note: 'no evidence in time' } as const]
    return await store.commit({ documents: [chargebackRow({ ...chargeback, state: 'lost', steps }, row.version)] })
  }

  /** The merchant has owed for too long: what it owes becomes a claim, and its account begins anew. */
  async function claimOwed(row: DocumentRow) {
    const { merchant, currency } = readPosition(row)
    return await commit(merchant, currency, [row.id], [claimAccount(merchant, currency)], (desk, settled) => {
      const book = new WindowBook(desk, settled)
      const { carried, owingSince } = book.position
      if (carried >= 0n || owingSince === undefined || owingSince + settled.terms.recoverAfterDays * DAY > desk.now) return
      const claim: Claim = { id: random(), merchant, currency, amountMinor: -carried, paidMinor: 0n, state: 'open', openedAt: desk.now }
      const debit = desk.openAccount({ id: claimAccount(merchant, currency), label: 'Claims on merchants', currency, side: 'debit', rule: 'none' })
      book.post(book.openNow().id, { kind: 'single', id: `${claim.id}/claim`, debit, credit: merchantAccount(merchant, currency), amount: -carried })
      book.position = { ...book.position, owingSince: undefined }
      desk.saveDocument(claimRow(claim, 0))
      book.save()
    })
  }

  async function closeNow(id: string, by: string): ReturnType<Closer['closeNow']> {
    const [row] = await store.get('documents', [windowDocument(id)])
    if (row === undefined) return fail('window.unknown')
    const { state, merchant, currency, startsAt } = readWindow(row)
    if (state !== 'open') return fail('window.not_open')
    // What earlier ones came to is carried into this one, and not the other way round. They have ended, since this one has begun.
    const earlier = await store.documentsDue(windowDocument(`${merchant}.${currency}.`), Math.min(startsAt, clock.now()), MAX_DUE)
    for (const one of earlier) if (one.id !== row.id && (await closeWindow(one)) === 'full') return fail('till.disk_full')
    if ((await closeWindow(row, by)) === 'full') return fail('till.disk_full')
    changed()
    const [after] = await store.get('documents', [windowDocument(id)])
    const closed = after && readWindow(after)
    return closed?.closed?.by === by ? ok(closed) : fail('window.not_open')
  }

  const work = pump(turn)
  return { closeNow, wake: work.wake, idle: () => hurry(work.idle), stop: () => hurry(work.stop) }
}

/** What is kept back of the sales of a window: never more than it came to. */
function keepReserve(desk: Desk, book: WindowBook, { merchant, currency, terms }: Settled, { id, totals }: SettlementWindow): void {
  if (terms.reserve === undefined) return
  const net = netOf(totals)
  const share = BigInt(scale(Number(totals.sales), terms.reserve.ppm, MILLION))
  const amount = share < net ? share : net
  if (amount <= 0n) return
  const credit = desk.openAccount({ id: reserveAccount(merchant, currency), label: 'Kept back', currency, side: 'credit', rule: 'none' })
  book.post(id, { kind: 'single', id: `${id}/reserve`, debit: merchantAccount(merchant, currency), credit, amount })
  const reserve: Reserve = { window: id, merchant, currency, amountMinor: String(amount) }
  desk.saveDocument({ id: reserveDocument(id), version: 0, dueAt: desk.now + terms.reserve.days * DAY, body: JSON.stringify(reserve) })
}

/** What the merchant would get goes first to what it was asked for and has not paid. */
function setOff(desk: Desk, book: WindowBook, { merchant, currency }: Settled, { id }: SettlementWindow, rows: readonly DocumentRow[]): void {
  for (const { id: name } of rows) {
    const row = desk.document(name)
    invariant(row !== undefined, 'claims are never removed')
    const claim = readClaim(row)
    const window = book.window(id)
    invariant(window !== undefined, 'the window is open')
    const available = netOf(window.totals) + book.position.carried
    if (claim.state !== 'open' || available <= 0n) continue
    const left = leftOf(claim)
    const amount = left < available ? left : available
    const [debit, credit] = [merchantAccount(merchant, currency), claimAccount(merchant, currency)]
    book.post(id, { kind: 'single', id: `${id}/${claim.id}/offset`, debit, credit, amount })
    const paidMinor = claim.paidMinor + amount
    desk.saveDocument(claimRow({ ...claim, paidMinor, state: paidMinor === claim.amountMinor ? 'paid' : 'open' }, row.version))
  }
}

/** Proposes what there is to be paid out, or carries it on: it is not enough, or there is nowhere to pay it to. */
function endWindow(desk: Desk, book: WindowBook, { terms, accountBy }: MerchantVersion, id: string, payoutId: Id, by: string): void {
  const window = book.window(id)
  invariant(window !== undefined, 'the window is open')
  const { merchant, currency, endsAt } = window
  const { carried: carriedIn, waiting, open, lastEnd, owingSince } = book.position
  const available = carriedIn + netOf(window.totals)
  const windows = [...waiting, id]
  const { account, state } = terms
  const isPaid = available > 0n && account !== undefined && state === 'active'
  if (isPaid) {
    const said = { merchant, currency, amountMinor: available, windows, account, accountBy, createdBy: by, createdAt: desk.now, steps: [] }
    const payout: Payout = { payoutId, ...said, state: 'proposed' }
    const credit = desk.openAccount({ id: payoutAccount('proposed', merchant, currency), label: 'Payouts, proposed', currency, side: 'credit', rule: 'none' })
    const debit = merchantAccount(merchant, currency)
    invariant(desk.apply({ kind: 'single', id: `payout/${payoutId}/proposed`, debit, credit, amount: available }).ok, 'a payout is proposed once')
    for (const row of [payoutRow(payout, 0), ...indexRows(payout)]) desk.saveDocument(row)
  }
  const carried = isPaid ? 0n : available
  book.keep({ ...window, state: 'closed', closed: { at: desk.now, by, carriedIn, carriedOut: carried, payout: isPaid ? payoutId : undefined } })
  book.position = {
    ...book.position,
    open: open === id ? undefined : open,
    lastEnd: Math.max(lastEnd, endsAt),
    carried,
    waiting: carried === 0n ? [] : windows,
    owingSince: carried < 0n ? (owingSince ?? desk.now) : undefined,
  }
}
