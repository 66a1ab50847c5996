import { EraseIcon } from '../../parts/icons.tsx'
import { t } from '../../words.ts'
import { keypadKeys, type KeypadKey } from './amount-entry.ts'
import './keypad.css'

/** Digits for a finger. The same keys of a keyboard go to the amount itself. */
export const Keypad = ({ disabled, onPress }: { readonly disabled: boolean; onPress(key: KeypadKey): void }) => (
  <div className="keypad" role="group" aria-label={t('refund.keypad')}>
    {keypadKeys.map((key) => (
      <button
        key={key}
        type="button"
        className="button"
        disabled={disabled}
        aria-label={key === 'erase' ? t('refund.erase') : undefined}
        onClick={() => onPress(key)}
      >
        {key === 'erase' ? <EraseIcon /> : key}
      </button>
    ))}
  </div>
)
