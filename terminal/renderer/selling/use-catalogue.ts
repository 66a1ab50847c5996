import { useEffect, useMemo, useState } from 'react'
import type { ProductView } from '#protocol/till-api/api.ts'
import { MAX_SEARCH } from '#protocol/till-api/search.ts'
import type { Timers } from '#protocol/time.ts'
import type { Screen } from '../session/session.ts'
import { createSearchPace } from './search-pace.ts'

export type Catalogue = {
  readonly categories: readonly string[]
  /** Undefined: all. A search looks in all of them. */
  readonly category: string | undefined
  readonly query: string
  readonly found: readonly ProductView[]
  /** How many more there are of what is shown. */
  readonly more: number
  /** What Enter adds while searching. */
  readonly marked: ProductView | undefined
  search(query: string): void
  /** Enter: the marked product, at once or as soon as it is known. */
  take(): void
  choose(category: string | undefined): void
  nextCategory(): void
  mark(step: 1 | -1): void
}

/** What the core does for this: it answers with `Screen.found`. */
type Ask = (text: string) => void

/** What of the catalogue is on the screen: the person's search, category and mark. */
export function useCatalogue(screen: Pick<Screen, 'shelves' | 'found'>, timers: Timers, ask: Ask, onTaken: (product: ProductView) => void): Catalogue {
  const { categories, products } = screen.shelves
  const [query, setQuery] = useState('')
  const [category, setCategory] = useState<string>()
  const [position, setPosition] = useState(0)
  /** For which query Enter was pressed before its answer was there. */
  const [taking, setTaking] = useState<string>()
  const text = textOf(query)
  const isAnswered = text !== '' && screen.found?.text === text
  const onShelf = useMemo(() => (category === undefined ? products : products.filter((product) => product.category === category)), [category, products])
  const found = text === '' ? onShelf : (answerFor(text, screen.found) ?? onShelf)
  const inAll = categories.reduce((sum, one) => sum + (category === undefined || one.name === category ? one.products : 0), 0)

  const pace = useMemo(() => createSearchPace(timers, ask), [timers, ask])
  const search = (next: string) => {
    // Before anything is drawn: the core looks while the page draws the letter.
    if (textOf(next) !== text) pace(textOf(next))
    setQuery(next)
    setPosition(0)
    setTaking(undefined)
  }
  const choose = (next: string | undefined) => {
    setCategory(next)
    search('')
  }
  const marked = isAnswered ? found[position] : undefined
  const first = isAnswered ? found[0] : undefined
  const take = () => {
    if (marked === undefined) return setTaking(isAnswered || text === '' ? undefined : text)
    onTaken(marked)
    search('')
  }
  useEffect(() => {
    if (taking === undefined || taking !== text || first === undefined) return undefined
    return timers.after(0, () => {
      onTaken(first)
      pace('')
      setQuery('')
      setTaking(undefined)
    })
  }, [taking, text, first, timers, onTaken, pace])

  const names = useMemo(() => categories.map(({ name }) => name), [categories])
  return {
    categories: names,
    category: text === '' ? category : undefined,
    query,
    found,
    more: text === '' ? inAll - found.length : 0,
    // Only what is drawn can be taken by Enter.
    marked,
    search,
    take,
    choose,
    nextCategory: () => choose(category === undefined ? names[0] : names[names.indexOf(category) + 1]),
    mark: (step) => setPosition((at) => Math.min(Math.max(0, found.length - 1), Math.max(0, at + step))),
  }
}

/** What of it is asked for. */
const textOf = (query: string): string => query.trim().slice(0, MAX_SEARCH)

/** What was found, and while the answer for this text is on its way what was found for the text before it: a letter more or less. */
function answerFor(text: string, found: Screen['found']): readonly ProductView[] | undefined {
  return found !== undefined && (text.startsWith(found.text) || found.text.startsWith(text)) ? found.products : undefined
}
