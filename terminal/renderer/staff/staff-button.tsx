import { useState } from 'react'
import { UserRound } from 'lucide-react'
import type { StaffView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { HandOverDialog } from './staff-dialogs.tsx'

/** Who sells here; pressed, somebody else takes over. */
export function StaffButton({ staff, now, session }: { readonly staff: StaffView; readonly now: EpochMs; readonly session: Session }) {
  const [handingOver, setHandingOver] = useState(false)
  const name = staff.signedIn?.name ?? ''
  return (
    <>
      <Button action="staff" onClick={() => setHandingOver(true)}>
        <UserRound aria-hidden="true" size={20} />
        <span className="staff-name">{name}</span>
        <span className="hidden-text">{t('staff.signedInAs', { name })}</span>
      </Button>
      {handingOver && <HandOverDialog staff={staff} now={now} session={session} onClose={() => setHandingOver(false)} />}
    </>
  )
}
