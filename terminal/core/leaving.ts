import type { Fact } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'
import { ok, fail, type Outcome } from '#protocol/outcome.ts'
import type { ExportView, GateAction } from '#protocol/till-api/api.ts'
import { gateFor, type Gate, type Stakes } from './gates.ts'
import type { PayingPorts } from './paying.ts'
import { compare, type Place } from './outbox.ts'
import type { TillPorts } from './ports.ts'
import { parseRecord } from './store.ts'

const SIGNED_OUT = 'leaving/signed_out'
const EXPORTED = 'leaving/exported'
/** The last export, and the newest entry that it held. */
type Exported = Omit<ExportView, 'covers'> & { readonly head: Place }

export type LeavingPorts = Pick<PayingPorts, 'clock' | 'payments' | 'record' | 'nextPlace' | 'shift'> &
  Pick<TillPorts, 'store' | 'exporter' | 'leave'> & {
    /** The newest entry. */
    head(): Place
    stakes(): Omit<Stakes, 'exported'>
    currency(): Currency
  }

/** Closing the shift, signing out, updating and resetting: each through its gate (invariant 15), and the export that opens one when there is no network. */
export class Leaving {
  readonly #ports: LeavingPorts
  #signedOut: boolean
  #exported: Exported | undefined
  #asked: GateAction | undefined
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
  }

  /** Does it, or says through `gate` what would be lost. Throws StoreError. */
  ask(action: GateAction): Outcome<null> {
    // Pressed twice it is closed once: nothing has happened since.
    if (action === 'closeShift' && this.#isClosed) return ok(null)
    const [reason] = this.#gateFor(action).reasons
    this.#asked = reason === undefined ? undefined : action
    if (reason !== undefined) return fail(reason)
    switch (action) {
      case 'closeShift':
        this.#closeShift()
        break
      case 'signOut':
        this.#ports.store.commit({ put: { [SIGNED_OUT]: 'true' } })
        this.#signedOut = true
        break
      case 'update':
      case 'reset':
        this.#left = true
        this.#ports.leave(action)
    }
    return ok(null)
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

  get #covers(): boolean {
    return this.#exported !== undefined && compare(this.#exported.head, this.#ports.head()) === 0
  }

  #gateFor(action: GateAction): Gate {
    return gateFor(action, { ...this.#ports.stakes(), exported: this.#covers })
  }

  #closeShift(): void {
    const { shift, payments, record, nextPlace, currency } = this.#ports
    const unit = currency()
    const place = nextPlace()
    const fact: Fact = { kind: 'shift.closed', body: { currency: unit, ...shift.sumsIn(unit), exported: payments.waiting.payments } }
    record([fact], { put: shift.putClosed(unit, place) })
    shift.closed(unit, place)
  }
}
