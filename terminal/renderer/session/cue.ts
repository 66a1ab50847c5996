import type { ErrorCode } from '#protocol/errors.ts'
import type { LineView, View } from '#protocol/till-api/api.ts'
import { formatWeight } from '../format.ts'
import { errorText, t } from '../words.ts'

/** What the person hears. Not knowing is told by the sound that calls somebody, not by that of a refusal. */
export type Cue = 'approved' | 'refused' | 'attention'

const refusalOf = ({ tender }: View): string | undefined =>
  tender.stage === 'refused' ? tender.code : tender.stage === 'awaiting_code' && tender.refused ? `${tender.refused.n} ${tender.refused.code}` : undefined

const isNewApproval = (before: View, after: View): boolean =>
  after.tender.stage === 'approved' && !(before.tender.stage === 'approved' && before.tender.paymentId === after.tender.paymentId)

const isNewRefusal = (before: View, after: View): boolean => {
  const now = refusalOf(after)
  return now !== undefined && (before.tender.stage !== after.tender.stage || refusalOf(before) !== now)
}

const isNewlyUnknown = (before: View, after: View): boolean => after.tender.stage === 'unknown' && before.tender.stage !== 'unknown'

const newNotice = (before: View, after: View) => {
  const known = new Set(before.notices.map((notice) => notice.id))
  return after.notices.find((notice) => !known.has(notice.id))
}

/** The sound of the step from one view to the next. Nothing on the first view: a reloaded page must not sound like a payment. */
export function cueBetween(before: View | undefined, after: View): Cue | undefined {
  if (before === undefined) return undefined
  if (isNewApproval(before, after)) return 'approved'
  if (isNewRefusal(before, after)) return 'refused'
  if (isNewlyUnknown(before, after) || newNotice(before, after) !== undefined || (before.till.blocked === undefined && after.till.blocked !== undefined))
    return 'attention'
  return undefined
}

export type Spoken = { readonly text: string; readonly urgent: boolean }

const changedLine = (before: View, after: View): LineView | undefined => {
  const line = after.sale.lines.find(({ id }) => id === after.sale.touched)
  if (line === undefined) return undefined
  return before.sale.lines.find(({ id }) => id === line.id)?.quantity === line.quantity ? undefined : line
}

const say = (code: ErrorCode) => `${errorText(code).say} ${errorText(code).next}`

/** What a screen reader says at the step from one view to the next; `money` formats minor units of the till's currency. */
export function spokenBetween(before: View | undefined, after: View, money: (minor: number) => string): Spoken | undefined {
  if (before === undefined) return undefined
  const { tender, sale } = after
  if (tender.stage === 'approved' && isNewApproval(before, after)) return { text: `${t('approved.title')}. ${money(tender.amountMinor)}`, urgent: true }
  if (tender.stage === 'refused' && isNewRefusal(before, after)) return { text: `${t('refused.title')}. ${say(tender.code)}`, urgent: true }
  if (isNewlyUnknown(before, after)) return { text: `${t('unknown.title')}. ${t('unknown.say')} ${t('unknown.never')}`, urgent: true }
  if (tender.stage === 'awaiting_code' && tender.refused !== undefined && isNewRefusal(before, after)) {
    return { text: `${t('refused.codeTitle')}. ${say(tender.refused.code)}`, urgent: true }
  }
  if (tender.stage === 'awaiting_code' && before.tender.stage !== 'awaiting_code') {
    return { text: `${t('tender.toPay')} ${money(tender.amountMinor)}. ${t('tender.askForCode')}`, urgent: false }
  }
  const notice = newNotice(before, after)
  if (notice !== undefined) return { text: say(notice.code), urgent: errorText(notice.code).tone !== 'note' }
  if (before.link.state !== after.link.state) return { text: t(`link.${after.link.state}`), urgent: false }
  const line = changedLine(before, after)
  if (line !== undefined) {
    const quantity = line.weight === undefined ? `${line.quantity} ${t('times')}` : formatWeight(line.weight)
    return { text: t('spokenLine', { name: line.name, quantity, lineTotal: money(line.totalMinor), total: money(sale.totalMinor) }), urgent: false }
  }
  if (before.sale.totalMinor !== sale.totalMinor) return { text: `${t('total')} ${money(sale.totalMinor)}`, urgent: false }
  return undefined
}

/** What a spoken text is about. Once that is over, the text must go too: a screen reader can read it again at any time. */
const subjectOf = ({ tender, sale }: View): string => `${tender.stage} ${sale.id}`

/** What the live region holds after the step from one view to the next: what there is to say, else what it held while that is still so. */
export function spokenAfter(held: Spoken | undefined, before: View | undefined, after: View, money: (minor: number) => string): Spoken | undefined {
  const next = spokenBetween(before, after, money)
  if (next !== undefined) return next
  return before !== undefined && subjectOf(before) === subjectOf(after) ? held : undefined
}
