import type { DeviceHealth } from '#protocol/device/messages.ts'
import { t } from '../words.ts'
import { CameraIcon, CardIcon, DisplayIcon, PrinterIcon, ScaleIcon, ScannerIcon } from './icons.tsx'

export const deviceIcons = {
  scanner: ScannerIcon,
  card_reader: CardIcon,
  printer: PrinterIcon,
  scale: ScaleIcon,
  display: DisplayIcon,
  camera: CameraIcon,
} as const satisfies Record<DeviceHealth['kind'], unknown>

/** What has a shorter word than its sentence. */
const faults = ['timeout', 'paper_out', 'cover_open', 'absent', 'no_permission', 'in_use', 'flooding'] as const

/** In a word or two how a device is; why, where it says. */
export function deviceState({ state, code }: DeviceHealth): string {
  if (state === 'ready') return t('deviceOk')
  const fault = faults.find((known) => code === `device.${known}`)
  if (fault !== undefined) return t(`deviceFaults.${fault}`)
  return state === 'absent' ? t('deviceAbsent') : t('deviceFault')
}
