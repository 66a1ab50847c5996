import { placeOf } from '../bank/conservation.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Place } from '#protocol/hub-api/conservation.ts'
import type { PlacesView } from '#protocol/hub-api/watch.ts'
import type { Currency } from '#protocol/money.ts'
import { DAY, type Clock, type Timers } from '#protocol/time.ts'

/** Where money is, kept up to date by reading each posting once, in this process's own memory: a few hundred sums, however much is stored. */
export interface Places {
  /** Never waits for what is still to be read: it says so. */
  view(): Promise<PlacesView>
}

export type PlacesPorts = {
  readonly store: HubStore
  readonly clock: Pick<Clock, 'now'>
  readonly timers: Timers
  /** What was told as not whole is whole now. */
  caughtUp(): void
}

/** What the chart shows. */
const DAYS = 14
/** Between two slices others have their turn. */
const SLICE = 2_000

type Sums = Map<Place, bigint>
type Book = { readonly now: Sums; readonly movedOn: Map<number, Sums> }

export function createPlaces({ store, clock, timers, caughtUp }: PlacesPorts): Places {
  const books = new Map<Currency, Book>()
  let lastSeq = 0

  const bookOf = (currency: Currency): Book => {
    const known = books.get(currency)
    if (known !== undefined) return known
    const opened = { now: new Map(), movedOn: new Map() }
    books.set(currency, opened)
    return opened
  }
  /** Answers whether that was all. */
  async function readSlice(): Promise<boolean> {
    const rows = await store.transfersAfter(lastSeq, SLICE)
    for (const { seq, kind, debit, credit, amount, currency, at } of rows) {
      lastSeq = seq
      if (kind !== 'single' && kind !== 'post') continue
      const book = bookOf(currency)
      const day = dayOf(at)
      const moved = book.movedOn.get(day) ?? new Map<Place, bigint>()
      book.movedOn.set(day, moved)
      for (const sums of [book.now, moved]) {
        add(sums, placeOf(debit), amount)
        add(sums, placeOf(credit), -amount)
      }
    }
    return rows.length < SLICE
  }
  /** Only one reads: two would add the same postings twice. */
  let reading: Promise<boolean> | undefined
  const read = (): Promise<boolean> => {
    reading ??= readSlice().finally(() => (reading = undefined))
    return reading
  }
  let goesOn = false
  const goOn = (): void => {
    if (goesOn) return
    goesOn = true
    timers.after(0, () => {
      goesOn = false
      read().then(
        (all) => (all ? caughtUp() : goOn()),
        // Whoever asks next reads on.
        () => undefined,
      )
    })
  }

  return {
    async view() {
      const whole = await read()
      if (!whole) goOn()
      const at = clock.now()
      const currencies = [...books].map(([currency, book]) => ({
        currency,
        places: [...book.now].filter(([, minor]) => minor !== 0n).map(([place, minor]) => ({ place, minor: String(minor) })),
        days: daysOf(book, dayOf(at)),
      }))
      return { at, whole, currencies }
    },
  }
}

const dayOf = (at: number): number => Math.floor(at / DAY)
const add = (sums: Sums, place: Place, amount: bigint): void => void sums.set(place, (sums.get(place) ?? 0n) + amount)

/** Backwards from what is there now: each day's end is the next one's, less what moved on that. */
function daysOf({ now, movedOn }: Book, today: number): PlacesView['currencies'][number]['days'] {
  const end = new Map(now)
  const days = []
  for (let day = today; day > today - DAYS; day--) {
    days.unshift({ day: new Date(day * DAY).toISOString().slice(0, 10), places: Object.fromEntries([...end].map(([place, minor]) => [place, String(minor)])) })
    for (const [place, minor] of movedOn.get(day) ?? []) add(end, place, -minor)
  }
  for (const day of movedOn.keys()) if (day <= today - DAYS) movedOn.delete(day)
  return days
}
