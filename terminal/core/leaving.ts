import type { Fact } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { ok, fail, type Outcome } from '#protocol/outcome.ts'
import type { ExportView, GateAction, ShiftView } from '#protocol/till-api/api.ts'
import type { ShiftReport } from '../sale/shift-report.ts'
import type { DrawerState, MovementWish } from './cash.ts'
import { gateFor, type Gate, type Stakes } from './gates.ts'
import type { PayingPorts } from './paying.ts'
import { compare, type Place } from './outbox.ts'
import type { TillPorts } from './ports.ts'
import { parseRecord } from './store.ts'

/** Foreign notes that somebody counted, in their own minor units. */
type CountedNotes = { readonly currency: Currency; readonly countedMinor: Minor }

const SIGNED_OUT = 'leaving/signed_out'
const EXPORTED = 'leaving/exported'
/** The last export, and the newest entry that it held. */
type Exported = Omit<ExportView, 'covers'> & { readonly head: Place }

export type LeavingPorts = Pick<PayingPorts, 'clock' | 'payments' | 'record' | 'nextPlace' | 'shift' | 'cash'> &
  Pick<TillPorts, 'store' | 'exporter' | 'leave'> & {
    /** The newest entry. */
    head(): Place
    stakes(): Omit<Stakes, 'exported'>
    currency(): Currency
    /** Writes down who does it, before it is done. */
    journalAct(): void
    /** A shift was closed and is on the disk. */
    closed(report: ShiftReport): void
  }

/** Closing the shift, signing out, updating and resetting: each through its gate (invariant 15), and the export that opens one when there is no network. */
export class Leaving {
  readonly #ports: LeavingPorts
  #signedOut: boolean
  #exported: Exported | undefined
  #asked: GateAction | undefined
  /** What somebody counted before a gate that stayed shut, and the drawer that was counted: so nobody has to count twice while the hub takes what waits. */
  #count: { readonly countedMinor: Minor; readonly of: DrawerState; readonly foreign: readonly CountedNotes[] } | undefined
  #left = false

  constructor(ports: LeavingPorts) {
    const kept = ports.store.records('leaving/')
    const exported = kept.get(EXPORTED)
    this.#ports = ports
    this.#signedOut = kept.has(SIGNED_OUT)
    this.#exported = exported === undefined ? undefined : parseRecord<Exported>(exported)
  }

  get signedOut(): boolean {
    return this.#signedOut
  }

  /** Through a gate to update or reset: the process ends in a moment, and what the gate found must stay so until then. */
  get left(): boolean {
    return this.#left
  }

  get exported(): ExportView | undefined {
    if (this.#exported === undefined) return undefined
    const { file, at, entries } = this.#exported
    return { file, at, entries, covers: this.#covers }
  }

  /** The gate that somebody stands before, as it is now: its reasons go as the hub takes what waits. */
  get gate(): (Gate & { readonly action: GateAction }) | undefined {
    return this.#asked === undefined ? undefined : { action: this.#asked, ...this.#gateFor(this.#asked) }
  }

  dismissGate(): void {
    this.#asked = undefined
    this.#count = undefined
  }

  /** Does it, or says through `gate` what would be lost. `countedMinor`: of the drawer, when a shift is closed. Throws StoreError. */
  ask(action: GateAction, countedMinor?: Minor, foreign: readonly CountedNotes[] = []): Outcome<null> {
    // Pressed twice it is closed once: nothing has happened since.
    if (action === 'closeShift' && this.#isClosed && this.#isCounted(countedMinor)) return ok(null)
    if (countedMinor !== undefined) this.#count = { countedMinor, of: this.#drawer, foreign }
    const [reason] = this.#gateFor(action).reasons
    this.#asked = reason === undefined ? undefined : action
    if (reason !== undefined) return fail(reason)
    switch (action) {
      case 'closeShift': {
        const count = this.#count
        this.#count = undefined
        if (count !== undefined && count.of !== this.#drawer) return fail('shift.count_again')
        this.#closeShift(count?.countedMinor, count?.foreign)
        break
      }
      case 'signOut':
        this.#ports.store.commit({ put: { [SIGNED_OUT]: 'true' } })
        this.#signedOut = true
        break
      case 'update':
      case 'reset':
        this.#ports.journalAct()
        this.#left = true
        this.#ports.leave(action)
    }
    return ok(null)
  }

  /** Another version is ready: ends for it when nobody is served and nothing waits that the gate minds, and says nothing otherwise. */
  leaveIdle(): void {
    if (this.#left || this.#gateFor('closeShift').reasons.length > 0) return
    this.#left = true
    this.#ports.leave('update')
  }

  /** Whether another sum was counted, now or before the gate that was shut, than should lie in the drawer. */
  countDiffers(countedMinor = this.#count?.countedMinor): boolean {
    return countedMinor !== undefined && countedMinor !== this.#ports.cash.in(this.#ports.currency()).holdsMinor
  }

  /** Begins a working day with this much in the drawer. Throws StoreError. */
  openShift(floatMinor: Minor): Outcome<null> {
    const { cash, clock, record, currency } = this.#ports
    const unit = currency()
    const at = clock.now()
    const filled = cash.withFloat(unit, floatMinor, at)
    if (!filled.ok) return filled
    record([{ kind: 'shift.opened', body: { floatMinor, currency: unit } }], { put: cash.put(unit, filled.value) }, at)
    cash.became(unit, filled.value)
    cash.openDrawer()
    return ok(null)
  }

  /** Cash into the drawer or out of it, without a sale. The same wish again moves nothing more (invariant 6). Throws StoreError. */
  moveCash(wish: MovementWish): Outcome<null> {
    const { cash, record, currency } = this.#ports
    const unit = wish.currency ?? currency()
    const moved = cash.withMoved(unit, wish)
    if (!moved.ok) return moved
    if (moved.value === undefined) return ok(null)
    if (unit !== currency() && !cash.foreign(currency()).includes(unit)) return fail('sale.no_exchange')
    const { movementId, direction, amountMinor, reason } = wish
    record([{ kind: 'cash.moved', body: { movementId, direction, amountMinor, currency: unit, reason } }], { put: cash.put(unit, moved.value) })
    cash.became(unit, moved.value)
    cash.openDrawer()
    return ok(null)
  }

  /** The shift so far. */
  get report(): ShiftReport {
    const { shift, cash, currency, clock } = this.#ports
    const unit = currency()
    const sums = shift.sumsIn(unit)
    return { currency: unit, at: clock.now(), ...sums, sales: sums.sales ?? sums.payments, drawer: cash.in(unit) }
  }

  get shift(): ShiftView {
    const { sales, refunds: returns } = this.report
    const foreign = this.#ports.cash.foreign(this.#ports.currency())
    const { openedAt, floatMinor, movedInMinor, movedOutMinor } = this.#drawer
    const counted = this.#ports.cash.countedIn(this.#ports.currency())
    return {
      ...(openedAt === undefined ? {} : { openedAt }),
      floatMinor,
      movedInMinor,
      movedOutMinor,
      ...(foreign.length === 0 ? {} : { foreign }),
      sales,
      returns,
      ...(counted === undefined ? {} : { counted }),
    }
  }

  get #drawer(): DrawerState {
    return this.#ports.cash.in(this.#ports.currency())
  }

  signIn(): void {
    if (this.#signedOut) this.#ports.store.commit({ remove: [SIGNED_OUT] })
    this.#signedOut = false
  }

  /** Everything that is not safe at the hub, into a file. Throws StoreError. */
  export(): Outcome<null> {
    const { exporter, store, clock, head } = this.#ports
    const { epoch, n } = head()
    const made = exporter.exportJournal()
    if (!made.ok) return made
    const exported: Exported = { ...made.value, at: clock.now(), head: { epoch, n } }
    store.commit({ put: { [EXPORTED]: JSON.stringify(exported) } })
    this.#exported = exported
    return ok(null)
  }

  get #isClosed(): boolean {
    const { closedAt } = this.#ports.shift
    return closedAt !== undefined && compare(closedAt, this.#ports.head()) === 0
  }

  /** Nobody has counted anything else since the last count. */
  #isCounted(countedMinor: Minor | undefined): boolean {
    return countedMinor === undefined || countedMinor === this.#ports.cash.countedIn(this.#ports.currency())?.countedMinor
  }

  get #covers(): boolean {
    return this.#exported !== undefined && compare(this.#exported.head, this.#ports.head()) === 0
  }

  #gateFor(action: GateAction): Gate {
    return gateFor(action, { ...this.#ports.stakes(), exported: this.#covers })
  }

  #closeShift(countedMinor: Minor | undefined, foreign: readonly CountedNotes[] = []): void {
    const { shift, cash, payments, record, nextPlace, currency, clock, closed } = this.#ports
    const unit = currency()
    const at = clock.now()
    const { report } = this
    const counted = countedMinor === undefined ? undefined : { at, expectedMinor: this.#drawer.holdsMinor, countedMinor }
    const notes = foreign.filter(({ currency }) => currency !== unit).map((one) => ({ ...one, expectedMinor: cash.in(one.currency).holdsMinor }))
    const place = nextPlace()
    const fact: Fact = {
      kind: 'shift.closed',
      body: {
        currency: unit,
        ...shift.said(unit),
        exported: payments.waiting.payments,
        ...(notes.length === 0 ? {} : { foreignCash: notes }),
        ...(counted === undefined ? {} : { cash: { expectedMinor: counted.expectedMinor, countedMinor: counted.countedMinor } }),
      },
    }
    const ofNotes = notes.map(({ currency, expectedMinor, countedMinor: lies }) => [currency, { at, expectedMinor, countedMinor: lies }] as const)
    const put = Object.assign({}, ...ofNotes.map(([currency, lies]) => cash.putClosed(currency, lies))) as Record<string, string>
    record([fact], { put: { ...put, ...shift.putClosed(unit, place), ...cash.putClosed(unit, counted) } }, at)
    shift.closed(unit, place)
    cash.closed(unit, counted)
    for (const [currency, lies] of ofNotes) cash.closed(currency, lies)
    closed({ ...report, at, ...(counted === undefined ? {} : { counted }), ...(notes.length === 0 ? {} : { foreign: notes }) })
  }
}
