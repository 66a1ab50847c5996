import type { Currency } from '#protocol/money.ts'
import type { CustomerStage } from '#protocol/till-api/customer.ts'
import { formatMoney } from '../format.ts'
import { ApprovedMark, RefusedMark } from '../parts/icons.tsx'
import { ExchangeNote } from '../parts/exchange-note.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import { t } from '../words.ts'

type Stage = Extract<CustomerStage, { name: 'paying' | 'checking' | 'approved' | 'refused' }>

/** What to pay and how, and what came of it: told by words, shape and colour alike. */
export function CustomerPayment({ stage, currency }: { readonly stage: Stage; readonly currency: Currency }) {
  const amount = formatMoney(stage.amountMinor, currency)
  switch (stage.name) {
    case 'paying':
      return (
        <section className="customer-payment" role="status">
          <h2>{t('customer.pay')}</h2>
          <strong className="customer-amount">{amount}</strong>
          {stage.exchange !== undefined && <ExchangeNote exchange={stage.exchange} shop={currency} />}
          {!stage.mustConfirm && <p className="customer-payment-first">{t('customer.show')}</p>}
          <QrCode text={stage.request} label={t('customer.request', { amount })} />
          <p>{t(stage.mustConfirm ? 'customer.mustScan' : 'customer.orScan')}</p>
          <p className="customer-payment-then">{t('customer.thenShow')}</p>
        </section>
      )
    case 'checking':
      return (
        <section className="customer-payment" role="status">
          <h2>{t('customer.checking')}</h2>
          <strong className="customer-amount">{amount}</strong>
          <p>{t('customer.checkingHint')}</p>
        </section>
      )
    case 'approved':
      return (
        <main className="customer-payment" data-tone="approved">
          <ApprovedMark />
          <div className="customer-payment-said" role="status">
            <h1>{t('customer.thanks')}</h1>
            {stage.changeMinor === undefined ? (
              <p className="customer-amount-said">{t('customer.paid', { amount })}</p>
            ) : (
              <>
                <p className="customer-amount-said">{t('customer.change')}</p>
                <strong className="customer-amount">{formatMoney(stage.changeMinor, currency)}</strong>
                <p>{t('customer.paid', { amount })}</p>
              </>
            )}
          </div>
          {stage.receipt !== undefined && (
            <div className="customer-receipt">
              <QrCode text={stage.receipt} label={t('customer.receiptCode')} />
              <p>{t('customer.receipt')}</p>
            </div>
          )}
        </main>
      )
    case 'refused':
      return (
        <section className="customer-payment" data-tone="refused" role="status">
          <RefusedMark />
          <h2>{t('customer.refused')}</h2>
          <p>{t('customer.refusedHint', { amount })}</p>
        </section>
      )
  }
}
