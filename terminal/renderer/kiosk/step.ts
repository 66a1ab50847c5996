import type { View } from '#protocol/till-api/api.ts'

/** Where the shopper wants to be while nothing is being paid; the core knows nothing of it. */
export type Wish = 'nothing' | 'scan' | 'pick' | 'correct' | 'review'

/** What the kiosk shows. `attract`: nobody is there. */
export type Step = 'closed' | 'attract' | 'scan' | 'pick' | 'correct' | 'review' | 'pay' | 'checking' | 'refused' | 'thanks'

/** The payment and a basket that is there are the core's; the wish only says how the basket is looked at. */
export function stepOf({ till, tender, sale, weighing, choosing }: Pick<View, 'till' | 'tender' | 'sale' | 'weighing' | 'choosing'>, wish: Wish): Step {
  if (till.blocked !== undefined) return 'closed'
  switch (tender.stage) {
    case 'awaiting_code':
      return 'pay'
    case 'deciding':
    case 'unknown':
      return 'checking'
    case 'refused':
      return 'refused'
    case 'approved':
      return 'thanks'
    case 'none':
      break
  }
  if (sale.lines.length > 0) return wish === 'nothing' ? 'scan' : wish
  // There is nothing to look through, and a question about goods is not put to an empty shop.
  if (wish === 'pick') return 'pick'
  return wish === 'nothing' && weighing === undefined && choosing === undefined ? 'attract' : 'scan'
}

/** What somebody who has gone leaves behind is put away at these; a payment that is being decided goes on without them. */
export const isLeftBehind = (step: Step): boolean => step !== 'closed' && step !== 'attract' && step !== 'checking' && step !== 'thanks'
