import { t } from '../words.ts'

const kinds = ['faulty', 'wrong', 'unwanted', 'other'] as const
export type ReasonChoice = { readonly kind: Exclude<(typeof kinds)[number], 'other'> } | { readonly kind: 'other'; readonly text: string }

const MAX_REASON = 80

/** As the journal and the paper say it: in the cashier's words. */
export const reasonText = (choice: ReasonChoice): string => (choice.kind === 'other' ? choice.text.trim() : t(`returns.reasons.${choice.kind}`))

export function Reason({ choice, onChoice }: { readonly choice: ReasonChoice; onChoice(choice: ReasonChoice): void }) {
  return (
    <fieldset className="return-choice">
      <legend>{t('returns.reason')}</legend>
      {kinds.map((kind) => (
        <label key={kind}>
          <input type="radio" name="return-reason" checked={choice.kind === kind} onChange={() => onChoice(kind === 'other' ? { kind, text: '' } : { kind })} />
          {t(`returns.reasons.${kind}`)}
        </label>
      ))}
      {choice.kind === 'other' && (
        <input
          className="return-text"
          type="text"
          aria-label={t('returns.reason')}
          value={choice.text}
          maxLength={MAX_REASON}
          autoFocus
          onChange={({ target }) => onChoice({ kind: 'other', text: target.value })}
        />
      )}
    </fieldset>
  )
}
