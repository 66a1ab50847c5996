import { errors } from '#protocol/errors.ts'
import { words } from '../words.ts'
import './restarting.css'

/** Over the greyed screen while the core is away. Nothing that is pressed or scanned now is kept for later. */
export function Restarting() {
  const { say, next } = errors['till.core_restarting']
  return (
    <div className="restarting" role="alert" data-testid="restarting">
      <div className="restarting-card">
        <h2>{say}</h2>
        <p>{next}</p>
        <p className="shown-later">{words.restarting.longer}</p>
      </div>
    </div>
  )
}
