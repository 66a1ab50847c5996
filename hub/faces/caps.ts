import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { cautiousCaps, type FaceCaps } from '#protocol/faces/policy.ts'
import { amount } from '#protocol/journal/entry.ts'

const capsFile = z.strictObject({
  perPaymentMinor: z.strictObject({ face: amount, face_and_digits: amount, face_and_code: amount }),
  perDayMinor: amount,
})

/** What faces may pay for, in the shop's currency: FOLDER/caps.json, or without it the cautious ones. Throws when it is not to be understood. */
export function readCaps(folder: string, currency: string): FaceCaps {
  const path = join(folder, 'caps.json')
  return existsSync(path) ? { ...capsFile.parse(JSON.parse(readFileSync(path, 'utf8'))), currency } : cautiousCaps(currency)
}
