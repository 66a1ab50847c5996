import type { BenchDevice } from './contract.ts'

/** What people call the devices, in sentences of the log and of scenario files. */
export const deviceNames: Readonly<Record<BenchDevice, string>> = {
  scanner: 'scanner',
  hid_scanner: 'desk scanner',
  card_reader: 'card reader',
  printer: 'printer',
  scale: 'scale',
  display: 'customer display',
  camera: 'camera',
}
