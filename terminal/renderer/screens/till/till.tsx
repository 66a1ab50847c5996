import { lazy, Suspense } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'
import { CashDialog } from '../../cash/cash-dialog.tsx'
import { Devices } from '../devices/devices.tsx'
import { Button } from '../../parts/button.tsx'
import { Announcer } from '../../parts/announcer.tsx'
import { CardNote } from '../../parts/card-note.tsx'
import { DeviceChips } from '../../parts/device-chips.tsx'
import { MenuIcon, ReceiptIcon } from '../../parts/icons.tsx'
import { LinkStrip } from '../../parts/link-strip.tsx'
import { Messages } from '../../parts/messages.tsx'
import { Sales } from '../sales/sales.tsx'
import { mayOpenPane } from '../../selling/use-panes.ts'
import { useSelling, type Selling } from '../../selling/use-selling.ts'
import type { Screen, Session } from '../../session/session.ts'
import { StaffButton } from '../../staff/staff-button.tsx'
import { WeighingDialog } from '../../weighing/weighing-dialog.tsx'
import { OrderLater } from '../../orders/order-later.tsx'
import { SendReceipt } from '../../receipts/send-receipt.tsx'
import { PossibleWays } from '../../tenders/possible-ways.tsx'
import { TendersPanel } from '../../tenders/tenders-panel.tsx'
import { t } from '../../words.ts'
import { Menu } from '../menu/menu.tsx'
import { Network } from '../network/network.tsx'
import { Products } from '../products/products.tsx'
import { Restarting } from '../restarting/restarting.tsx'
import { Sale } from '../sale/sale.tsx'
import { Tender } from '../tender/tender.tsx'
import './till.css'

/** Rarely opened, and not needed before the first sale. */
const KeysDialog = lazy(async () => ({ default: (await import('../../input/keys-dialog.tsx')).KeysDialog }))
const ChoosingDialog = lazy(async () => ({ default: (await import('../../goods/choosing-dialog.tsx')).ChoosingDialog }))
/** The engines that read pictures are large, and most tills never open the camera. */
const CameraScan = lazy(async () => ({ default: (await import('../../camera/camera-scan.tsx')).CameraScan }))

type Props = { readonly session: Session; readonly timers: Timers; readonly screen: Screen; readonly view: View }

/** The cashier's screen: basket left; products, or in their place the payment or another pane, right. */
export function Till({ session, timers, screen, view }: Props) {
  const selling = useSelling(session, timers, screen, view)
  const { tender, link, till } = view
  const { panes } = selling
  const away = screen.core !== 'up'
  const enabled = mayOpenPane(tender.stage)
  return (
    <div className="till">
      <Announcer view={view} away={away} />
      <header className="till-bar" inert={away} data-away={away || undefined}>
        <div className="till-head">
          <p className="till-name">
            <strong>{till.merchant}</strong>
            <span>{till.name}</span>
          </p>
          <Button action="sales" aria-expanded={panes.open === 'sales'} disabled={!enabled} onClick={() => panes.toggle('sales')}>
            <ReceiptIcon />
            {t('sales.title')}
          </Button>
          {view.staff?.signedIn !== undefined && <StaffButton staff={view.staff} now={screen.viewAt} session={session} />}
          <Button action="menu" aria-expanded={panes.open === 'menu'} disabled={!enabled} onClick={() => panes.toggle('menu')}>
            <MenuIcon />
            <span className="hidden-text">{t('menu.key')}</span>
          </Button>
        </div>
        <LinkStrip
          link={link}
          currency={till.currency}
          now={screen.viewAt}
          open={panes.open === 'network'}
          enabled={enabled}
          onToggle={() => panes.toggle('network')}
        />
        <DeviceChips devices={view.devices} open={panes.open === 'devices'} enabled={enabled} onToggle={() => panes.toggle('devices')} />
      </header>
      <main className="till-main" tabIndex={-1}>
        <Sale view={view} selling={selling} away={away} />
        <div className="till-work">
          <div className="till-work-pane" inert={away} data-away={away || undefined}>
            <Work session={session} timers={timers} screen={screen} view={view} selling={selling} />
          </div>
          {away && <Restarting />}
          {view.card !== undefined && <CardNote card={view.card} />}
          <Messages messages={selling.messages} />
        </div>
      </main>
      {selling.camera && !away && (
        <Suspense>
          <CameraScan onCode={selling.scan} onClose={selling.actions.camera} isKnown={selling.isKnown} />
        </Suspense>
      )}
      {selling.help && (
        <Suspense>
          <KeysDialog onClose={selling.actions.help} />
        </Suspense>
      )}
      {selling.taking.cash !== undefined && !away && <CashDialog cash={selling.taking.cash} taking={selling.taking} view={view} session={session} />}
      {view.choosing !== undefined && view.weighing === undefined && !away && (
        <Suspense>
          <ChoosingDialog choosing={view.choosing} currency={till.currency} session={session} />
        </Suspense>
      )}
      {view.weighing !== undefined && !away && <WeighingDialog key={view.weighing.gtin} weighing={view.weighing} view={view} session={session} />}
    </div>
  )
}

/** The larger half: what was opened last, else the payment, else the products. */
function Work({ session, timers, screen, view, selling }: Props & { readonly selling: Selling }) {
  const { tender, till } = view
  const { panes, refunding } = selling
  const now = screen.viewAt
  switch (panes.open) {
    case 'sales':
      return <Sales view={view} now={now} session={session} refunding={refunding} onClose={panes.close} />
    case 'network':
      return <Network view={view} now={now} session={session} onClose={panes.close} />
    case 'devices':
      return <Devices view={view} now={now} session={session} onCamera={selling.actions.camera} onClose={panes.close} />
    case 'menu':
      return <Menu onKeys={selling.actions.help} view={view} shelves={screen.shelves} now={now} session={session} onClose={panes.close} />
    case undefined:
      if (tender.stage === 'none') return <Products selling={selling} currency={till.currency} />
      return (
        <Tender
          key={tender.stage}
          tender={tender}
          currency={till.currency}
          now={now}
          timers={timers}
          ways={<TendersPanel view={view} session={session} />}
          possible={<PossibleWays view={view} />}
          more={(receiptNumber) => (
            <>
              <OrderLater receiptNumber={receiptNumber} view={view} session={session} />
              <SendReceipt receiptNumber={receiptNumber} view={view} session={session} />
            </>
          )}
          onCamera={selling.actions.camera}
        />
      )
  }
}
