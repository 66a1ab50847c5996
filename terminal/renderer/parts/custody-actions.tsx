import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Button } from './button.tsx'

/** What brings the money of this till to safety: asking the hub now, or a sealed file. */
export type CustodyActions = {
  readonly doing: 'syncNow' | 'exportJournal' | undefined
  readonly failed: ErrorCode | undefined
  start(what: 'syncNow' | 'exportJournal'): void
}

export function useCustodyActions(session: Session): CustodyActions {
  const [doing, setDoing] = useState<CustodyActions['doing']>()
  const [failed, setFailed] = useState<ErrorCode>()
  const start = async (what: 'syncNow' | 'exportJournal') => {
    setDoing(what)
    setFailed(undefined)
    const outcome = await session.ask({ type: what })
    setDoing(undefined)
    if (!outcome.ok) setFailed(outcome.code)
  }
  return { doing, failed, start: (what) => void start(what) }
}

type Props = { readonly actions: CustodyActions; readonly look?: 'plain' | 'primary'; readonly canExport: boolean }

export const CustodyButtons = ({ actions: { doing, start }, look = 'plain', canExport }: Props) => (
  <>
    <Button look={look} disabled={doing === 'syncNow'} onClick={() => start('syncNow')}>
      {doing === 'syncNow' ? t('network.syncing') : t('network.sync')}
    </Button>
    <Button disabled={!canExport || doing === 'exportJournal'} onClick={() => start('exportJournal')}>
      {doing === 'exportJournal' ? t('network.exporting') : t('network.export')}
    </Button>
  </>
)
