import { useState } from 'react'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatTime } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { deviceIcons, deviceState } from '../../parts/device-icons.tsx'
import { Failed } from '../../parts/failed.tsx'
import { AlertIcon } from '../../parts/icons.tsx'
import { Pane } from '../../parts/pane.tsx'
import type { Session } from '../../session/session.ts'
import { errorText, t } from '../../words.ts'
import './devices.css'

type Props = { readonly view: View; readonly now: EpochMs; readonly session: Session; onCamera(): void; onClose(): void }
/** Told to a device, and the words of its button. */
const labels = { zeroScale: 'zero', tareScale: 'tare', printTestPage: 'testPage', openDrawer: 'openDrawer' } as const
type Act = keyof typeof labels

/** What a person can have a device of this kind do. */
const acts: Partial<Record<DeviceHealth['kind'], readonly Act[]>> = { printer: ['printTestPage', 'openDrawer'], scale: ['zeroScale', 'tareScale'] }

/** Every device of the counter: how it is, what to do about it, what it can be told to do, and what support will ask for. */
export function Devices({ view, now, session, onCamera, onClose }: Props) {
  const [sent, setSent] = useState<Act>()
  const [failed, setFailed] = useState<ErrorCode>()
  const act = async (type: Act) => {
    setSent(undefined)
    setFailed(undefined)
    const outcome = await session.ask({ type })
    if (outcome.ok) setSent(type)
    else setFailed(outcome.code)
  }
  return (
    <Pane
      title={t('devices.title')}
      testId="devices"
      tools={
        <Button action="camera" onClick={onCamera}>
          {t('devices.camera')}
        </Button>
      }
      onClose={onClose}
    >
      {view.devices.length === 0 && <p>{t('devices.none')}</p>}
      <ul className="devices">
        {view.devices.map((health) => (
          <Device key={health.device} health={health} now={now} drawer={health.kind === 'printer' ? view.drawer : undefined} onAct={(type) => void act(type)} />
        ))}
      </ul>
      <p className="devices-sent" role="status">
        {sent !== undefined && t(`devices.sent.${sent}`)}
      </p>
      {failed !== undefined && <Failed code={failed} />}
    </Pane>
  )
}

type DeviceProps = { readonly health: DeviceHealth; readonly now: EpochMs; readonly drawer: View['drawer']; onAct(act: Act): void }

function Device({ health, now, drawer, onAct }: DeviceProps) {
  const Icon = deviceIcons[health.kind]
  // A device can be ready and have something to say all the same, such as that its paper will soon be out.
  const code = health.code ?? (health.state === 'ready' ? undefined : 'device.fault')
  return (
    <li className="device" data-state={health.state} data-testid={`device ${health.device}`}>
      <div className="device-head">
        {health.state === 'ready' ? <Icon /> : <AlertIcon />}
        <h3>
          {t(`devices.kinds.${health.kind}`)} <span>{health.device}</span>
        </h3>
        <span className="device-state">{deviceState(health)}</span>
      </div>
      {code !== undefined && (
        <p className="device-trouble">
          <strong>{errorText(code).say}</strong> {errorText(code).next}
        </p>
      )}
      {drawer !== undefined && <p className="device-note">{drawer === 'open' ? t('devices.drawerOpen') : t('devices.drawerClosed')}</p>}
      <div className="device-foot">
        {(acts[health.kind] ?? []).map((type) => (
          <Button key={type} disabled={health.state !== 'ready'} onClick={() => onAct(type)}>
            {t(`devices.${labels[type]}`)}
          </Button>
        ))}
        <Support health={health} now={now} />
      </div>
    </li>
  )
}

/** Counters and the last error as the bridge has them: read out over the telephone, never needed to sell. */
function Support({ health: { counters, detail, lastError }, now }: Pick<DeviceProps, 'health' | 'now'>) {
  const counted = Object.entries(counters)
  return (
    <details className="device-support">
      <summary>{t('devices.support')}</summary>
      {detail !== undefined && <p>{detail}</p>}
      {lastError !== undefined && (
        <p>
          {t('devices.lastError', { time: formatTime(lastError.at, now) })} {lastError.code} {lastError.detail}
        </p>
      )}
      {counted.length === 0 ? (
        <p>{t('devices.noCounters')}</p>
      ) : (
        <dl>
          {counted.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  )
}
