import type { CardView } from '#protocol/till-api/api.ts'
import { words } from '../words.ts'
import { CardIcon } from './icons.tsx'
import './card-note.css'

/** The card that was swiped, as far as anybody may see it: never more than the first six and the last four digits. */
export function CardNote({ card: { maskedPan, expiry, encrypted } }: { readonly card: CardView }) {
  return (
    <p className="card-note" data-testid="card">
      <CardIcon />
      <span className="hidden-text">{words.card.title}: </span>
      <strong>{inFours(maskedPan)}</strong>
      {expiry !== undefined && <span>{words.card.expiry(expiry.slice(2), expiry.slice(0, 2))}</span>}
      <span data-plain={!encrypted || undefined}>{encrypted ? words.card.encrypted : words.card.plain}</span>
    </p>
  )
}

/** As on the card itself: `4111 11** **** 1111`. */
const inFours = (digits: string): string => digits.replace(/.{4}(?=.)/g, '$& ')
