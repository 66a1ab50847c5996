import {
  decodeScanReport,
  giveUpCode,
  isCodeUnfinished,
  reportScans,
  startHidScanDecoder,
  type HidScanDecoder,
  type HidScannerModel,
} from '../codec/hid-pos-scanner.ts'
import type { Driver, LineEvent } from './machine.ts'
import { driveScanner, type ScannerState } from './scanner.ts'

/** A scanner that is a HID point-of-sale device. A Honeywell is told on every opening to send its scans. */
export const hidScannerDriver = (model: HidScannerModel): Driver<ScannerState<HidScanDecoder>, LineEvent> =>
  driveScanner(
    { start: startHidScanDecoder(model), decode: decodeScanReport, giveUp: giveUpCode, isUnfinished: isCodeUnfinished },
    model === 'honeywell' ? [{ type: 'sendFeature', bytes: reportScans }] : [],
  )
