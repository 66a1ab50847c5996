import type { EntryBody } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { ShiftView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

const DRAWER = 'cash/drawer/'
const COUNTED = 'cash/counted/'
/** Movements that a till remembers, so that the same press again moves nothing more. */
const KEPT = 20

type Moved = Pick<EntryBody<'cash.moved'>, 'movementId' | 'direction' | 'amountMinor'>

/** The drawer of one currency, in minor units: `holdsMinor` is float + moved in − moved out + taken − given, always. */
export type DrawerState = {
  /** What should lie in it: below zero if more was given back than it was ever said to hold. */
  readonly holdsMinor: Minor
  /** Missing: nobody has opened a shift since the last was closed, and `floatMinor` is what was left in it then. */
  readonly openedAt?: EpochMs
  readonly floatMinor: Minor
  readonly movedInMinor: Minor
  readonly movedOutMinor: Minor
  readonly takenMinor: Minor
  readonly givenMinor: Minor
  /** Newest last. */
  readonly moved: readonly Moved[]
}

type Counted = NonNullable<ShiftView['counted']>

const EMPTY: DrawerState = { holdsMinor: 0, floatMinor: 0, movedInMinor: 0, movedOutMinor: 0, takenMinor: 0, givenMinor: 0, moved: [] }

/**
 * What should lie in the drawer: float + put in − taken out + sales − returns. It changes in the transactions of the entries that it counts. A shift that is
 * closed with a count leaves what was counted; one that nobody opened goes on from there.
 */
export class Cash {
  readonly #drawers = new Map<Currency, DrawerState>()
  readonly #counted = new Map<Currency, Counted>()
  readonly #open: () => void

  /** `open`: gives the drawer the order to open. */
  constructor(store: TillStore, open: () => void) {
    this.#open = open
    for (const [name, text] of store.records('cash/')) {
      if (name.startsWith(DRAWER)) this.#drawers.set(name.slice(DRAWER.length), parseRecord<DrawerState>(text))
      if (name.startsWith(COUNTED)) this.#counted.set(name.slice(COUNTED.length), parseRecord<Counted>(text))
    }
  }

  in(currency: Currency): DrawerState {
    return this.#drawers.get(currency) ?? EMPTY
  }

  countedIn(currency: Currency): Counted | undefined {
    return this.#counted.get(currency)
  }

  /** Once for each time that cash is taken, given or moved, when its entry is on the disk: a person needs the drawer open. Never again after a restart. */
  openDrawer(): void {
    this.#open()
  }

  /** What has to be stored with the entries that make it so. */
  put(currency: Currency, drawer: DrawerState): Record<string, string> {
    return { [DRAWER + currency]: JSON.stringify(drawer) }
  }

  /** Those entries are on the disk. */
  became(currency: Currency, drawer: DrawerState): void {
    this.#drawers.set(currency, drawer)
  }

  /** With the cash of a sale. */
  withTaken(currency: Currency, amountMinor: Minor): DrawerState {
    const drawer = this.in(currency)
    return { ...drawer, holdsMinor: drawer.holdsMinor + amountMinor, takenMinor: drawer.takenMinor + amountMinor }
  }

  /** With foreign notes, for which change was given out of the drawer of the shop's own currency. */
  withForeign(
    currency: Currency,
    changeMinor: Minor,
    foreign: { readonly currency: Currency; readonly tenderedMinor: Minor },
  ): readonly (readonly [Currency, DrawerState])[] {
    return [
      [currency, this.withTaken(currency, 0 - changeMinor)],
      [foreign.currency, this.withTaken(foreign.currency, foreign.tenderedMinor)],
    ]
  }

  /** Foreign currencies of which something lies, or should lie, in the drawer. */
  foreign(own: Currency): readonly Currency[] {
    return [...this.#drawers].flatMap(([currency, { holdsMinor }]) => (currency === own || holdsMinor === 0 ? [] : [currency])).toSorted()
  }

  /** Without what went back to a customer, by refund or void. */
  withGiven(currency: Currency, amountMinor: Minor): DrawerState {
    const drawer = this.in(currency)
    return { ...drawer, holdsMinor: drawer.holdsMinor - amountMinor, givenMinor: drawer.givenMinor + amountMinor }
  }

  /** Filled for a working day, which begins with it. */
  withFloat(currency: Currency, floatMinor: Minor, at: EpochMs): Outcome<DrawerState> {
    if (this.in(currency).openedAt !== undefined) return fail('shift.already_open')
    return ok({ ...EMPTY, holdsMinor: floatMinor, floatMinor, openedAt: at, moved: this.in(currency).moved })
  }

  /** After a movement; undefined when the very same one was made already. */
  withMoved(currency: Currency, { movementId, direction, amountMinor }: Moved): Outcome<DrawerState | undefined> {
    const drawer = this.in(currency)
    const known = drawer.moved.find((moved) => moved.movementId === movementId)
    if (known !== undefined) {
      const isSame = known.direction === direction && known.amountMinor === amountMinor
      return isSame ? ok(undefined) : fail('entry.conflict', 'another movement of cash has this id')
    }
    const moved = [...drawer.moved, { movementId, direction, amountMinor }].slice(-KEPT)
    if (direction === 'in') return ok({ ...drawer, holdsMinor: drawer.holdsMinor + amountMinor, movedInMinor: drawer.movedInMinor + amountMinor, moved })
    return ok({ ...drawer, holdsMinor: drawer.holdsMinor - amountMinor, movedOutMinor: drawer.movedOutMinor + amountMinor, moved })
  }

  /** What has to be stored with the end of a shift; without a count the drawer should hold what it held. */
  putClosed(currency: Currency, counted: Counted | undefined): Record<string, string> {
    return {
      ...this.put(currency, this.#closed(currency, counted)),
      ...(counted === undefined ? {} : { [COUNTED + currency]: JSON.stringify(counted) }),
    }
  }

  closed(currency: Currency, counted: Counted | undefined): void {
    this.#drawers.set(currency, this.#closed(currency, counted))
    if (counted !== undefined) this.#counted.set(currency, counted)
  }

  #closed(currency: Currency, counted: Counted | undefined): DrawerState {
    const { holdsMinor, moved } = this.in(currency)
    const left = counted?.countedMinor ?? holdsMinor
    return { ...EMPTY, holdsMinor: left, floatMinor: left, moved }
  }
}

/** A movement of cash that somebody at the till asks for. */
export type MovementWish = Pick<EntryBody<'cash.moved'>, 'direction' | 'amountMinor' | 'reason'> & {
  readonly movementId: Id
  /** Missing: the shop's own. */
  readonly currency?: Currency | undefined
}
