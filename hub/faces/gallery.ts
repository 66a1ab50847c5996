import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { hex, unhex } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { consentLanguages } from '#protocol/faces/consent.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { faceUse, type FaceUse } from '#protocol/faces/messages.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { invariant } from '#protocol/outcome.ts'
import { DAY, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { walletId } from '#protocol/wallet-api/ask.ts'
import { seal, unseal } from '../key-service/safe.ts'
import { subjectKeysIn } from '../receipts/subject-keys.ts'

/**
 * Who enrolled, on the disk. A person is one row, sealed (AES-256-GCM) under a key of that person's own, which lies in a file apart from the database and from
 * its backups: destroying it erases whatever was ever written of that person, in any copy. The database itself says no more than that somebody is enrolled with a
 * merchant, until when, and was in a store.
 */
const MAX_DIMENSIONS = 1024
const enrolment = z.strictObject({
  wallet: walletId,
  /** Last digits of the phone's number, if the person gave them: a hint, no secret. */
  digits: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
  consent: z.strictObject({ version: z.int().positive(), language: z.enum(consentLanguages), at: epochMs }),
  /** What made the template: with another engine it is worth nothing. */
  engine: z.string().max(100),
  /** Rotated by the merchant's secret (`rotation.ts`): float32, little-endian, base64. */
  template: z.base64().max(4 * MAX_DIMENSIONS * 2),
  enrolledAt: epochMs,
})
type Enrolment = z.infer<typeof enrolment>

/** Somebody who enrolled, in memory. `template` is rotated. */
export type Person = Omit<Enrolment, 'template'> & { readonly id: Id; readonly merchant: Id; readonly template: Float32Array; readonly expiresAt: EpochMs }
export type NewPerson = Omit<Person, 'id' | 'expiresAt' | 'enrolledAt'>

/** Since the face was last used. */
export const RETENTION: DurationMs = 365 * DAY
/** Of one person; older ones go. */
const MAX_ACCESSES = 500

const SCHEMA = `
  CREATE TABLE person (id TEXT PRIMARY KEY, merchant TEXT NOT NULL, expiresAt INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE visit (store TEXT NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (store, person)) STRICT, WITHOUT ROWID;
  CREATE INDEX visitByTime ON visit (store, at);
  CREATE TABLE access (n INTEGER PRIMARY KEY, person TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;
  CREATE INDEX accessByPerson ON access (person, n);
`
const KEYS = 'keys'
const ROTATION = 'rotation.key'
type Row = { readonly id: Id; readonly merchant: Id; readonly expiresAt: number; readonly sealed: Buffer }

export type GalleryPorts = { readonly folder: string; readonly clock: Pick<Clock, 'now'>; readonly crypto: Crypto; warn(line: string): void }
export type Gallery = ReturnType<typeof openGallery>

export function openGallery({ folder, clock, crypto, warn }: GalleryPorts) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keys = subjectKeysIn(join(folder, KEYS))
  const db = new Database(join(folder, 'gallery.db'))
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('fullfsync = ON')
  // What is deleted is overwritten, not merely unlinked.
  db.pragma('secure_delete = ON')
  if (Number(db.pragma('user_version', { simple: true })) === 0) {
    db.exec(SCHEMA)
    db.pragma('user_version = 1')
  }
  const insert = db.prepare('INSERT INTO person VALUES (?, ?, ?, ?)')
  const extend = db.prepare('UPDATE person SET expiresAt = ? WHERE id = ?')
  const visit = db.prepare('INSERT INTO visit VALUES (?, ?, ?) ON CONFLICT (store, person) DO UPDATE SET at = excluded.at')
  const visitors = db.prepare<[string, number], { person: Id }>('SELECT person FROM visit WHERE store = ? ORDER BY at DESC, person LIMIT ?')
  const addAccess = db.prepare('INSERT INTO access (person, sealed) VALUES (?, ?)')
  const trimAccess = db.prepare('DELETE FROM access WHERE person = ? AND n <= (SELECT n FROM access WHERE person = ? ORDER BY n DESC LIMIT 1 OFFSET ?)')
  const accesses = db.prepare<[string], { sealed: Buffer }>('SELECT sealed FROM access WHERE person = ? ORDER BY n')
  const removals = ['DELETE FROM person WHERE id = ?', 'DELETE FROM visit WHERE person = ?', 'DELETE FROM access WHERE person = ?'].map((sql) =>
    db.prepare(sql),
  )

  const keyOf = (person: Id): Buffer | undefined => {
    const key = keys.get(person)
    return key && Buffer.from(key)
  }

  function read({ id: person, merchant, expiresAt, sealed }: Row): Person | undefined {
    const key = keyOf(person)
    const text = key && unseal(key, sealed, `person ${person} ${merchant}`)
    if (text === undefined) return undefined
    const { template, ...rest } = enrolment.parse(JSON.parse(text.toString('utf8')))
    text.fill(0)
    const bytes = Buffer.from(template, 'base64')
    return { ...rest, id: person, merchant, expiresAt, template: new Float32Array(new Uint8Array(bytes).buffer) }
  }

  /** Durable when it returns: the key first, since without it the rest is nothing. */
  function forget(person: Id): void {
    keys.destroy(person)
    db.transaction(() => {
      for (const removal of removals) removal.run(person)
    })()
    db.pragma('wal_checkpoint(TRUNCATE)')
  }

  function note(person: Id, what: FaceUse): void {
    const key = keyOf(person)
    if (key === undefined) return
    addAccess.run(person, seal(key, Buffer.from(JSON.stringify(what)), `access ${person}`))
    trimAccess.run(person, person, MAX_ACCESSES)
  }

  return {
    /** Everybody of whom the key is there. Whoever's time is over, and what a crash left of somebody, is erased on the way. */
    load(): readonly Person[] {
      const rows = db.prepare<[], Row>('SELECT id, merchant, expiresAt, sealed FROM person').all()
      const known = new Set<string>(rows.map((row) => row.id))
      // An enrolment that ended before its row was there.
      for (const left of keys.ids()) if (!known.has(left)) keys.destroy(left)
      return rows.flatMap((row) => {
        const person = row.expiresAt > clock.now() ? read(row) : undefined
        if (person !== undefined) return [person]
        if (row.expiresAt > clock.now()) warn(`face enrolment ${row.id} has no key any more: what is left of it was erased`)
        forget(row.id)
        return []
      })
    },
    /** Durable when it returns. `before`: how the same wallet's face was used until now. */
    add(person: NewPerson, store: Id, before: readonly FaceUse[]): Person {
      const now = clock.now()
      const added: Person = { ...person, id: makeId(now, crypto.randomBytes(10)), enrolledAt: now, expiresAt: now + RETENTION }
      const { id: of, merchant, expiresAt, template, ...rest } = added
      const key = crypto.randomBytes(32)
      const bytes = Buffer.from(template.buffer, template.byteOffset, template.byteLength)
      const text = Buffer.from(JSON.stringify({ ...rest, template: bytes.toString('base64') } satisfies Enrolment))
      keys.keep(of, key)
      db.transaction(() => {
        insert.run(of, merchant, expiresAt, seal(Buffer.from(key), text, `person ${of} ${merchant}`))
        for (const use of before) note(of, use)
        note(of, { at: now, store, did: 'enrolled' })
        visit.run(store, of, now)
      })()
      text.fill(0)
      return added
    },
    /** A face was recognised as this person's: it is kept from now on for as long again, until what is answered. */
    used(person: Id, store: Id, paying: NonNullable<FaceUse['paying']>): EpochMs {
      const now = clock.now()
      db.transaction(() => {
        extend.run(now + RETENTION, person)
        visit.run(store, person, now)
        note(person, { at: now, store, did: 'recognised', paying })
      })()
      return now + RETENTION
    },
    note(person: Id, store: Id, did: 'refused' | 'read'): void {
      note(person, { at: clock.now(), store, did })
    },
    /** The latest `most` people of a store, the last first. */
    recentVisitors: (store: Id, most: number): readonly Id[] => visitors.all(store, most).map(({ person }) => person),
    history(person: Id): readonly FaceUse[] {
      const key = keyOf(person)
      if (key === undefined) return []
      return accesses.all(person).flatMap(({ sealed }) => {
        const text = unseal(key, sealed, `access ${person}`)
        return text === undefined ? [] : [faceUse.parse(JSON.parse(text.toString('utf8')))]
      })
    },
    forget,
    /** 32 bytes, made when first asked for; beside the keys, and like them in no backup of the database. */
    rotationSecret(): Uint8Array {
      const path = join(folder, KEYS, ROTATION)
      if (!existsSync(path)) writeDurably(path, hex(crypto.randomBytes(32)), 0o600)
      const secret = unhex(readFileSync(path, 'utf8').trim())
      invariant(secret?.length === 32, `${path} has 32 bytes in hex`)
      return secret
    },
    /** A whole copy at `path`, for a backup; nothing in it can be read without the keys. */
    backup: (path: string): Promise<unknown> => db.backup(path),
    close: (): void => void db.close(),
  }
}
