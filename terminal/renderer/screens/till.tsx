import type { View } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'
import { Announcer } from '../parts/announcer.tsx'
import { DeviceChips } from '../parts/device-chips.tsx'
import { LinkStrip } from '../parts/link-strip.tsx'
import { Messages } from '../parts/messages.tsx'
import { useSelling } from '../selling/use-selling.ts'
import type { Screen, Session } from '../session/session.ts'
import { Products } from './products.tsx'
import { Restarting } from './restarting.tsx'
import { Sale } from './sale.tsx'
import { Tender } from './tender.tsx'
import './till.css'

type Props = { readonly session: Session; readonly timers: Timers; readonly screen: Screen; readonly view: View }

/** The cashier's screen: basket left; products, or the payment in their place, right. */
export function Till({ session, timers, screen, view }: Props) {
  const selling = useSelling(session, timers, screen, view)
  const { tender, link, till } = view
  const away = screen.core !== 'up'
  return (
    <div className="till">
      <Announcer view={view} away={away} />
      <header className="till-bar" data-away={away || undefined}>
        <p className="till-name">
          <strong>{till.merchant}</strong> <span>{till.name}</span>
        </p>
        <LinkStrip link={link} currency={till.currency} now={screen.viewAt} />
        <DeviceChips devices={view.devices} />
      </header>
      <main className="till-main">
        <Sale view={view} selling={selling} away={away} />
        <div className="till-work">
          <div className="till-work-pane" inert={away} data-away={away || undefined}>
            {tender.stage === 'none' ? (
              <Products selling={selling} currency={till.currency} />
            ) : (
              <Tender key={tender.stage} tender={tender} currency={till.currency} />
            )}
          </div>
          {away && <Restarting />}
          <Messages messages={selling.messages} />
        </div>
      </main>
    </div>
  )
}
