import { useRef, useState } from 'react'

/** `MAX_QUANTITY` has three. What runs on is no quantity but the number of a product. */
const MOST_DIGITS = 3

export type TypedQuantity = {
  /** As far as it is typed; empty: nothing is. */
  readonly text: string
  /** The same, also before the page was drawn anew. */
  now(): string
  digit(key: string): void
  erase(): void
  /** What was typed, which is then over; undefined for nothing and for zero. */
  take(): number | undefined
  clear(): void
}

/**
 * Digits that were typed where no field has the focus: a quantity, or from the fourth on the number of a product, which `onNumber` goes on with. They are
 * for `what` alone: once that is another, such as the next customer's sale, they are forgotten.
 */
export function useTypedQuantity(what: string, onNumber: (digits: string) => void): TypedQuantity {
  const typed = useRef({ what, text: '' })
  const [drawn, draw] = useState({ what, text: '' })
  const now = () => (typed.current.what === what ? typed.current.text : '')
  const become = (text: string) => {
    typed.current = { what, text }
    draw(typed.current)
  }
  return {
    text: drawn.what === what ? drawn.text : '',
    now,
    digit(key) {
      const next = now() + key
      if (next.length <= MOST_DIGITS) return become(next)
      become('')
      onNumber(next)
    },
    erase: () => become(now().slice(0, -1)),
    take() {
      const quantity = Number(now())
      become('')
      return quantity > 0 ? quantity : undefined
    },
    clear() {
      if (now() !== '') become('')
    },
  }
}
