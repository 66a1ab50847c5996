import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isBic, isPayableIban } from './iban.ts'
import { isTimeZone } from '#protocol/local-time.ts'
import { isCurrency } from '#protocol/money.ts'

const minor = z.int().min(0).max(1e12)

/** `bank.json` of the hub's folder: the hub's own accounts, and what may be done about them without a second person. */
export const bankSettings = z.strictObject({
  /** One for each currency that is paid out. */
  accounts: z
    .array(
      z.strictObject({
        currency: z.string().refine(isCurrency, { message: 'no currency' }),
        name: z.string().trim().min(1).max(70),
        iban: z.string().refine(isPayableIban, { message: 'no IBAN' }),
        bic: z.string().refine(isBic, { message: 'no BIC' }),
      }),
    )
    .min(1)
    .refine((accounts) => new Set(accounts.map(({ currency }) => currency)).size === accounts.length, { message: 'one account for each currency' }),
  /** Of the bank, IANA; and the local hour from which on a file is carried out on the next day. */
  timeZone: z.string().refine(isTimeZone, { message: 'no IANA time zone' }).default('Europe/Berlin'),
  cutOffHour: z.int().min(0).max(24).default(16),
  /** Beside Saturdays, Sundays and, for euros, the closing days of TARGET. */
  holidays: z.array(z.iso.date()).max(1000).default([]),
  /** Where the XSDs of ISO 20022 lie. Without it files are only checked by the hub's own reading. */
  schemas: z.string().optional(),
  /** From this amount on a second person has to agree with what a line was. */
  secondPersonFromMinor: minor.default(10_000),
  feesUpToMinor: minor.default(5_000),
  acquirers: z.array(z.strictObject({ id: z.string().min(1).max(64), words: z.string().trim().min(3).max(70) })).default([]),
})
export type BankSettings = z.infer<typeof bankSettings>

/** Undefined where there is no such file: then the hub writes and reads no files of banks. Throws with what is wrong in it. */
export function readBankSettings(data: string): BankSettings | undefined {
  const path = join(data, 'bank.json')
  if (!existsSync(path)) return undefined
  const read = bankSettings.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!read.success) throw new Error(`${path} is no setting of a bank: ${z.prettifyError(read.error)}`)
  return read.data
}
