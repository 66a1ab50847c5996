import type { CardView } from '#protocol/till-api/api.ts'
import { t } from '../words.ts'
import { CardIcon } from './icons.tsx'
import './card-note.css'

/** The card that was swiped, as far as anybody may see it: never more than the first six and the last four digits. */
export function CardNote({ card: { maskedPan, expiry, encrypted } }: { readonly card: CardView }) {
  return (
    <p className="card-note" data-testid="card">
      <CardIcon />
      <span className="hidden-text">{t('card.title')}: </span>
      <strong>{inFours(maskedPan)}</strong>
      {expiry !== undefined && <span>{t('card.expiry', { month: expiry.slice(2), year: expiry.slice(0, 2) })}</span>}
      <span data-plain={!encrypted || undefined}>{encrypted ? t('card.encrypted') : t('card.plain')}</span>
    </p>
  )
}

/** As on the card itself: `4111 11** **** 1111`. */
const inFours = (digits: string): string => digits.replace(/.{4}(?=.)/g, '$& ')
