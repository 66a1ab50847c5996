import { errorText, t } from '../../words.ts'
import './restarting.css'

/** Over the greyed screen while the core is away. Nothing that is pressed or scanned now is kept for later. */
export function Restarting() {
  const { say, next } = errorText('till.core_restarting')
  return (
    <div className="restarting" role="alert" data-testid="restarting">
      <div className="restarting-card">
        <h1>{say}</h1>
        <p>{next}</p>
        <p className="shown-later">{t('restarting.longer')}</p>
      </div>
    </div>
  )
}
