import type { TenderView } from '#protocol/till-api/api.ts'
import { keyOf } from '../input/keys.ts'
import { errorText, t } from '../words.ts'

type Approved = Extract<TenderView, { stage: 'approved' }>

/** What to do about a receipt that did not print or may not have: first about the cause, where it is known, then the key for a copy. */
export function receiptTrouble({ receipt, receiptCode }: Pick<Approved, 'receipt' | 'receiptCode'>): string | undefined {
  if (receipt !== 'failed' && receipt !== 'unknown') return undefined
  const code = receiptCode ?? (receipt === 'unknown' ? 'device.unknown_result' : undefined)
  const copy = t('approved.copyKey', { key: keyOf.reprint })
  return code === undefined ? copy : `${errorText(code).next} ${copy}`
}
