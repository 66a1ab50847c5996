import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './staff.css'

/** Over everything else, in every state of the screen: nothing that is done here counts. */
export const TrainingBar = ({ session }: { readonly session: Session }) => (
  <div className="training-bar" role="status" data-testid="training">
    <strong>{t('training.title')}</strong>
    <span>{t('training.hint')}</span>
    <Button onClick={() => void session.ask({ type: 'stopTraining' })}>{t('training.stop')}</Button>
  </div>
)
