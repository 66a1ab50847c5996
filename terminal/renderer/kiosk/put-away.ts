import type { Session } from '../session/session.ts'

/**
 * Whoever stood here has gone, or wants to begin anew: an open payment is called off, and the basket emptied. What is partly paid stays: only a person may give
 * money back, and one is called. A payment that is being decided refuses the first step, and so nothing of it is lost.
 */
export async function putAway({ ask }: Pick<Session, 'ask'>, stage: 'awaiting_code' | 'refused' | 'approved' | 'none'): Promise<void> {
  if (stage === 'awaiting_code') await ask({ type: 'cancelPayment' })
  if (stage === 'refused' || stage === 'approved') await ask({ type: 'continue' })
  if (stage === 'approved') return
  const cleared = await ask({ type: 'clearSale' })
  if (!cleared.ok && cleared.code === 'sale.partly_paid') await ask({ type: 'callForHelp', from: 'shopper' })
}
