import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '#protocol/node/durable-file.ts'
import type { Shop } from './shop.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId } from '#protocol/ids.ts'
import { keepPin } from '#protocol/node/pin.ts'
import { epochMs, id } from '#protocol/journal/entry.ts'
import { roles, staffList, type Role, type StaffMember } from '#protocol/staff/staff.ts'
import type { EpochMs } from '#protocol/time.ts'

/** Somebody who left, with the last moment of their work here: what they did before it still comes in from tills that were offline. */
const former = z.strictObject({ id, name: z.string().max(60), role: z.enum(roles), until: epochMs })
/** Who works in this shop, in a file of its own beside the shop's, since it changes with people and not with goods. Each change is a version more. */
const change = z.strictObject({
  at: epochMs,
  by: z.string().max(80),
  person: id,
  name: z.string().max(60),
  what: z.enum(['add', 'pin', 'badge', 'role', 'retire']),
  before: z.enum(roles).optional(),
  after: z.enum(roles).optional(),
})
/** In the same file as what they changed, so that neither is there without the other. The oldest first. */
export const MAX_CHANGES = 500
const staffFile = z.strictObject({
  version: z.int().nonnegative(),
  staff: staffList,
  former: z.array(former).max(500).optional(),
  changes: z.array(change).max(MAX_CHANGES).optional(),
})
export type StaffFile = z.infer<typeof staffFile>

const pathIn = (data: string): string => join(data, 'staff.json')

/** The list of a hub's folder; empty where there is none. Throws for a file that is no such list. */
export const readStaff = (data: string): StaffFile =>
  existsSync(pathIn(data)) ? staffFile.parse(JSON.parse(readFileSync(pathIn(data), 'utf8'))) : { version: 0, staff: [] }

/** Where a hub keeps its people. */
export type StaffKeeping = {
  read(): StaffFile
  /** Durable when it returns. */
  write(file: StaffFile): void
}

/** The list of a hub's folder. The hash of a PIN of four digits is soon guessed, so nobody else may read the file. */
export const staffKeptIn = (data: string): StaffKeeping => ({
  read: () => readStaff(data),
  write: (file) => writeDurably(pathIn(data), `${JSON.stringify(staffFile.parse(file), null, 2)}\n`, 0o600),
})

/** All people anew, e.g. of an invented shop. Counts as a newer version whatever changed. */
export const writeStaff = (data: string, { version }: StaffFile, staff: readonly StaffMember[]): void =>
  staffKeptIn(data).write({ version: version + 1, staff: [...staff] })

/** In memory, for a hub that has no folder; and before the first change, the people of the shop's own file. */
export function staffOf(shop: Pick<Shop, 'staff'>, kept?: StaffKeeping): StaffKeeping {
  let held: StaffFile = { version: 0, staff: [...(shop.staff ?? [])] }
  return {
    read() {
      const file = kept?.read() ?? held
      return file.version === 0 ? held : file
    },
    write(file) {
      kept?.write(file)
      held = file
    },
  }
}

/** The shop with its staff. Tills take a catalogue only by its version, so that of the staff is counted in: both only ever rise. */
export function withStaff(shop: Shop, { version, staff }: StaffFile): Shop {
  return version === 0 ? shop : { ...shop, catalogueVersion: shop.catalogueVersion + version, ...(staff.length === 0 ? {} : { staff }) }
}

type Person = { readonly name: string; readonly role: Role; readonly pin: string; readonly badge?: string | undefined }

export function newMember(crypto: Crypto, now: EpochMs, { name, role, pin, badge }: Person): StaffMember {
  return { id: makeId(now, crypto.randomBytes(10)), name, role, pin: keepPin(crypto, pin), ...(badge === undefined ? {} : { badge: badgeHash(crypto, badge) }) }
}

/** What the till looks a scanned badge up by. */
export const badgeHash = (crypto: Pick<Crypto, 'sha256'>, badge: string): string => hex(crypto.sha256(utf8(badge)))

/** 128 random bits for a bar code or QR code: nobody guesses it, so its plain hash gives nothing away. */
export const newBadge = (crypto: Pick<Crypto, 'randomBytes'>): string => `SB-${hex(crypto.randomBytes(16)).toUpperCase()}`

const PIN_DIGITS = 6
/** Six digits. 256^6 is so much more than a million that no PIN is noticeably likelier than another. */
export function newPin(crypto: Pick<Crypto, 'randomBytes'>): string {
  const number = crypto.randomBytes(6).reduce((sofar, byte) => sofar * 256 + byte, 0)
  return String(number % 10 ** PIN_DIGITS).padStart(PIN_DIGITS, '0')
}
