import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { CashView, View } from '#protocol/till-api/api.ts'
import type { Minor } from '#protocol/money.ts'
import { formatMoney } from '../format.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { AmountDialog } from './amount-dialog.tsx'
import type { CashTaking } from './use-cash.ts'

type Props = { readonly cash: CashView; readonly taking: CashTaking; readonly view: View; readonly session: Session }

/** What the customer gives; what goes back is as large as what is to pay. */
export function CashDialog({ cash, taking, view, session }: Props) {
  const { entry } = taking
  const money = (minor: Minor) => formatMoney(minor, view.till.currency)
  const change = entry.minor - cash.toPayMinor
  const [failed, setFailed] = useState<ErrorCode>()
  const takePart = async () => {
    const outcome = await session.ask({ type: 'payCash', tenderedMinor: entry.minor, amountMinor: entry.minor })
    if (outcome.ok) taking.close()
    else setFailed(outcome.code)
  }
  return (
    <AmountDialog
      title={t('cash.title', { sum: money(cash.toPayMinor) })}
      testId="cash"
      label={t('cash.given')}
      entry={entry}
      session={session}
      money={money}
      command={change < 0 ? undefined : { type: 'payCash', tenderedMinor: entry.minor }}
      doIt={t('cash.take')}
      suggestions={cash.suggestions}
      onEntry={taking.enter}
      onClose={taking.close}
    >
      {cash.roundingMinor !== undefined && <p className="cash-hint">{t('cash.rounded', { sum: money(cash.roundingMinor) })}</p>}
      <p className="cash-change" role="status" data-short={change < 0 || undefined}>
        {change < 0 ? t('cash.missing') : t('cash.change')}
        <strong>{money(Math.abs(change))}</strong>
      </p>
      {change < 0 && entry.minor > 0 && (
        <Button choice={choiceKeys.at(-1)} onClick={() => void takePart()}>
          {t('tenders.cashPart', { sum: money(entry.minor) })}
        </Button>
      )}
      {failed !== undefined && <Failed code={failed} />}
    </AmountDialog>
  )
}
