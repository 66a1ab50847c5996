import type { DeviceHealth } from '#protocol/device/messages.ts'
import { words } from '../words.ts'
import { CameraIcon, CardIcon, DisplayIcon, PrinterIcon, ScaleIcon, ScannerIcon } from './icons.tsx'

export const deviceIcons = {
  scanner: ScannerIcon,
  card_reader: CardIcon,
  printer: PrinterIcon,
  scale: ScaleIcon,
  display: DisplayIcon,
  camera: CameraIcon,
} as const satisfies Record<DeviceHealth['kind'], unknown>

/** In a word or two how a device is; why, where it says. */
export function deviceState({ state, code }: DeviceHealth): string {
  if (state === 'ready') return words.deviceOk
  return (code && words.deviceFaults[code]) ?? (state === 'absent' ? words.deviceAbsent : words.deviceFault)
}
