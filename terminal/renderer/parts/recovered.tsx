import { useState } from 'react'
import { t } from '../words.ts'
import { CloseIcon, InfoIcon } from './icons.tsx'
import './recovered.css'

/** After a stop of the core: says that nothing was lost, until closed or until the core no longer says so. */
export function Recovered() {
  const [closed, setClosed] = useState(false)
  if (closed) return null
  return (
    <div className="recovered" role="status" data-testid="recovered">
      <InfoIcon />
      <p>
        <strong>{t('recovered.say')}</strong> {t('recovered.next')}
      </p>
      <button type="button" className="recovered-close" aria-label={t('close')} onClick={() => setClosed(true)}>
        <CloseIcon />
      </button>
    </div>
  )
}
