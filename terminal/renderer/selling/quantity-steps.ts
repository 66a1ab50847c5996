import type { LineView } from '#protocol/till-api/api.ts'

export const MAX_QUANTITY = 999

/**
 * Plus and minus as absolute quantities. While presses are unanswered they count from the last one sent, not from the view, so that
 * two quick presses make two steps. Minus stops at one: removing is its own key.
 */
export function createQuantitySteps(set: (line: string, quantity: number) => Promise<void>): (line: LineView, step: 1 | -1) => void {
  const open = new Map<string, { quantity: number; unanswered: number }>()

  return (line, step) => {
    const sent = open.get(line.id) ?? { quantity: line.quantity, unanswered: 0 }
    const quantity = Math.min(MAX_QUANTITY, Math.max(1, sent.quantity + step))
    if (quantity === sent.quantity) return
    sent.quantity = quantity
    sent.unanswered += 1
    open.set(line.id, sent)
    void set(line.id, quantity).then(() => {
      sent.unanswered -= 1
      if (sent.unanswered === 0) open.delete(line.id)
    })
  }
}
