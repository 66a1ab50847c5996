import { expect, it } from 'vitest'
import { cameraFaults } from '../device/camera.ts'
import { cardReaderFaults } from '../device/card-reader.ts'
import { displayFaults } from '../device/display.ts'
import { hidScannerFaults } from '../device/hid-scanner.ts'
import { printerFaults } from '../device/printer.ts'
import { scaleFaults } from '../device/scale.ts'
import { scannerFaults } from '../device/scanner.ts'
import { faultWords, hasFaultWords } from './fault-words.ts'

const all = {
  camera: cameraFaults,
  card_reader: cardReaderFaults,
  display: displayFaults,
  hid_scanner: hidScannerFaults,
  printer: printerFaults,
  scale: scaleFaults,
  scanner: scannerFaults,
}

it.each(Object.entries(all))('every fault of the %s has words, and no two the same', (_device, faults) => {
  expect(faults.filter((kind) => !hasFaultWords(kind))).toEqual([])
  expect(new Set(faults.map(faultWords)).size).toBe(faults.length)
})
