import type { Notice } from '#protocol/till-api/api.ts'
import type { Screen } from '../session/session.ts'
import { kindly, type Kindly } from './kindly.ts'

export type Remark = { readonly key: string; readonly words: Kindly }

/** Notices that are a shopper's business, the newest first. */
export const noticesForShoppers = (notices: readonly Notice[]): readonly Notice[] =>
  notices.filter(({ code }) => kindly(code) !== undefined).toSorted((a, b) => b.at - a.at)

/** The one thing to be said now: why the open payment did not take a code, else what came of the last touch, else the newest notice. */
export function remarkOf({ answer, view }: Pick<Screen, 'answer' | 'view'>): Remark | undefined {
  const refused = view?.tender.stage === 'awaiting_code' ? view.tender.refused : undefined
  if (refused !== undefined) return { key: `refused-${refused.n}`, words: kindly(refused.code) ?? 'sorry' }
  const [newest] = noticesForShoppers(view?.notices ?? [])
  if (newest !== undefined) return { key: newest.id, words: kindly(newest.code) ?? 'sorry' }
  if (answer === undefined) return undefined
  const words = answer.kind === 'error' ? kindly(answer.code) : 'sorry'
  return words === undefined ? undefined : { key: 'answer', words }
}
