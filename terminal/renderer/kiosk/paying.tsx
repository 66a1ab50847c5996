import { unreachable } from '#protocol/outcome.ts'
import type { TenderView, View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { ExchangeNote } from '../parts/exchange-note.tsx'
import { ApprovedMark, CardIcon, PhoneIcon, UnknownMark } from '../parts/icons.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import type { Session } from '../session/session.ts'
import { possibleWays } from '../tenders/possible.ts'
import { t } from '../words.ts'
import { Big } from './big.tsx'
import { kindly } from './kindly.ts'
import type { Remark } from './remark.ts'
import { Remarked } from './remarked.tsx'

type Props = { readonly view: View; readonly session: Session; readonly remark: Remark | undefined }

/** From the choice of a way to the verdict. */
export function Paying({ view, session, remark }: Props) {
  const { tender } = view
  switch (tender.stage) {
    case 'awaiting_code':
      return <Ways tender={tender} view={view} session={session} remark={remark} />
    case 'deciding':
    case 'unknown':
      return <Checking tender={tender} view={view} />
    case 'refused':
      return <Refused tender={tender} view={view} session={session} />
    case 'none':
    case 'approved':
      return null
    default:
      return unreachable(tender)
  }
}

type At<Stage extends TenderView['stage']> = { readonly tender: Extract<TenderView, { stage: Stage }>; readonly view: View }

/** Every way that works now, side by side: none has to be chosen first, the first one that is held before the kiosk pays. */
function Ways({ tender, view, session, remark }: At<'awaiting_code'> & Omit<Props, 'view'>) {
  const { currency } = view.till
  const amount = formatMoney(tender.amountMinor, currency)
  const can = new Set(possibleWays(view).flatMap(({ way, why }) => (why === undefined ? [way] : [])))
  const parts = view.tenders?.parts ?? []
  return (
    <>
      <div className="kiosk-see kiosk-pay">
        <h1>{t('kiosk.payTitle')}</h1>
        <p className="kiosk-amount" data-testid="to-pay">
          {amount}
        </p>
        {parts.length > 0 && (
          <p>
            {t('kiosk.partPaid', {
              amount: formatMoney(
                parts.reduce((sum, part) => sum + part.amountMinor, 0),
                currency,
              ),
              rest: amount,
            })}
          </p>
        )}
        {tender.exchange !== undefined && <ExchangeNote exchange={tender.exchange} shop={currency} />}
        <div className="kiosk-request">
          <QrCode text={tender.request} label={t('customer.request', { amount })} />
          <p>
            <strong>{t(tender.boundRequired ? 'kiosk.mustRequest' : 'kiosk.request')}</strong> {t('kiosk.requestHint')}
          </p>
        </div>
      </div>
      <div className="kiosk-do">
        <Remarked remark={remark} more={t('kiosk.stillOpen')} />
        {/* A further way, such as one's own face, is one more of these: beside the others, never before them. */}
        <ul className="kiosk-ways">
          {!tender.boundRequired && can.has('phone') && (
            <li className="kiosk-way" data-way="phone">
              <PhoneIcon />
              <h2>{t('kiosk.phone')}</h2>
              <p>{t('kiosk.phoneHint')}</p>
            </li>
          )}
          {can.has('card') && (
            <li className="kiosk-way" data-way="card">
              <CardIcon />
              <h2>{t('kiosk.card')}</h2>
              <p>{t('kiosk.cardHint')}</p>
            </li>
          )}
        </ul>
        <div className="kiosk-buttons">
          <Big onClick={() => void session.command({ type: 'cancelPayment' })}>{t('kiosk.back')}</Big>
        </div>
      </div>
    </>
  )
}

const Checking = ({ tender, view }: At<'deciding' | 'unknown'>) => (
  <div className="kiosk-see kiosk-said" role="status">
    {tender.stage === 'unknown' && <UnknownMark />}
    <h1>{t(tender.stage === 'unknown' ? 'kiosk.unknown' : 'kiosk.checking')}</h1>
    <p className="kiosk-amount">{formatMoney(tender.amountMinor, view.till.currency)}</p>
    <p>{t(tender.stage === 'unknown' ? 'kiosk.unknownHint' : 'kiosk.checkingHint')}</p>
  </div>
)

/** Neither red nor a stop sign: the goods are still there, and so are the other ways. */
function Refused({ tender, view, session }: At<'refused'> & Pick<Props, 'session'>) {
  const words = kindly(tender.code) ?? 'sorry'
  const amount = formatMoney(tender.amountMinor, view.till.currency)
  const again = async () => {
    if ((await session.ask({ type: 'continue' })).ok) await session.command({ type: 'takePayment' })
  }
  return (
    <>
      <div className="kiosk-see kiosk-said" role="status">
        <h1>{t('kiosk.refusedTitle')}</h1>
        <p>
          <strong>{t(`kiosk.${words}`)}</strong> {t('refused.notTaken', { amount })}
        </p>
        <p>{t(`kiosk.${words}Next`)}</p>
      </div>
      <div className="kiosk-do">
        <div className="kiosk-buttons">
          <Big onClick={() => void session.command({ type: 'continue' })}>{t('kiosk.back')}</Big>
          <Big look="primary" onClick={() => void again()}>
            {t('kiosk.tryAgain')}
          </Big>
        </div>
      </div>
    </>
  )
}

/** Paid. The receipt comes out by itself; the same, signed, goes along on a phone. */
export function Thanks({ view, onFinish }: { readonly view: View; onFinish(): void }) {
  const { tender, till } = view
  if (tender.stage !== 'approved') return null
  const isOnPaper = tender.receipt === 'printed' || tender.receipt === 'printing'
  return (
    <>
      <div className="kiosk-see kiosk-said" role="status">
        <ApprovedMark />
        <h1>{t('kiosk.thanks')}</h1>
        <p>{t('kiosk.paid', { amount: formatMoney(tender.amountMinor, till.currency) })}</p>
        <p>{t(isOnPaper ? (tender.receipt === 'printed' ? 'kiosk.receiptPrinted' : 'kiosk.receiptPrinting') : 'kiosk.receiptNot')}</p>
      </div>
      <div className="kiosk-do">
        {tender.receiptText !== undefined && (
          <div className="kiosk-request">
            <QrCode text={tender.receiptText} label={t('customer.receiptCode')} />
            <p>
              <strong>{t('kiosk.receiptPhone')}</strong>
            </p>
          </div>
        )}
        <div className="kiosk-buttons">
          <Big look="primary" onClick={onFinish}>
            {t('kiosk.finish')}
          </Big>
        </div>
      </div>
    </>
  )
}
