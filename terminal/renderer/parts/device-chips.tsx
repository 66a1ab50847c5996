import type { DeviceHealth } from '#protocol/device/messages.ts'
import { errorText, t } from '../words.ts'
import { KeyCap } from './button.tsx'
import { deviceIcons, deviceState } from './device-icons.tsx'
import './device-chips.css'

type Props = { readonly devices: readonly DeviceHealth[]; readonly open: boolean; readonly enabled: boolean; onToggle(): void }

/** Quiet while all is well; the first device that needs a hand says so in a word, and each in a sentence when pointed at. Opens what is behind it. */
export function DeviceChips({ devices, open, enabled, onToggle }: Props) {
  const troubled = devices.filter(({ state }) => state !== 'ready')
  return (
    <button
      type="button"
      className="device-chips"
      data-testid="device-chips"
      aria-expanded={open}
      aria-keyshortcuts="F12"
      disabled={!enabled}
      onClick={onToggle}
    >
      <span className="hidden-text">{t('devices.title')}: </span>
      <span className="device-chips-all">
        {devices.map((health) => (
          <Chip key={health.device} health={health} />
        ))}
      </span>
      {troubled[0] !== undefined && (
        <span className="device-chips-trouble" data-testid="device-trouble" aria-hidden="true">
          {t(`devices.kinds.${troubled[0].kind}`)} {deviceState(troubled[0])}
          {troubled.length > 1 && <span>{t('devices.moreTrouble', { number: troubled.length - 1 })}</span>}
        </span>
      )}
      <KeyCap action="devices" />
    </button>
  )
}

function Chip({ health }: { readonly health: DeviceHealth }) {
  const Icon = deviceIcons[health.kind]
  const name = t(`devices.kinds.${health.kind}`)
  const sentence = health.code && `${errorText(health.code).say} ${errorText(health.code).next}`
  return (
    <span className="device-chip" data-state={health.state} title={sentence ?? name}>
      <Icon />
      <span className="hidden-text">
        {name} {deviceState(health)},
      </span>
    </span>
  )
}
