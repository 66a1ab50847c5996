import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '#protocol/node/durable-file.ts'
import type { CardSecret } from '../acquirers/acquirer.ts'
import { decryptTrack, readKsn, type Scheme } from './dukpt.ts'
import type { OpenCode } from './key-service.ts'
import { freshKeys, trackKey, withoutKey, type ReaderKeys } from './reader-keys.ts'
import { fromTrack1, fromTrack2, isMaskedAs, numberOf } from './track.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

/**
 * The body of the key service: readers' keys in one file, sealed (AES-256-GCM) under a master key that lies beside it, as the hub's other keys do: as safe as
 * the machine. An operator who has an HSM puts it behind the same interface. Who used which key when is in `access.log`: serial numbers, never cards.
 */
const hexKey = z.string().regex(/^[0-9a-f]{32}$/)
const schemes = ['tdes-dukpt-pin', 'tdes-dukpt-data', 'aes-dukpt-data'] as const
const keysSchema = z.strictObject({
  /** Seals numbers that are kept for another attempt. */
  numbers: z.string().regex(/^[0-9a-f]{64}$/),
  readers: z.array(z.strictObject({ scheme: z.enum(schemes), reader: z.string(), roots: z.record(z.string(), hexKey), single: z.record(z.string(), hexKey) })),
})
/** What is put into a reader by its maker, for the one who receives: serial number (its counter is not looked at) and initial key, hex. */
export const injectionSchema = z.strictObject({
  scheme: z.enum(schemes),
  ksn: z.string().regex(/^(?:[0-9a-f]{20}|[0-9a-f]{24})$/),
  initialKey: hexKey,
})
export type Injection = z.infer<typeof injectionSchema>

const IV_BYTES = 12
const TAG_BYTES = 16

export function seal(key: Buffer, text: Buffer, about: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about))
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

export function unseal(key: Buffer, sealed: Buffer, about: string): Buffer | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES)).setAAD(Buffer.from(about))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

const FILE = 'keys.sealed'
const MASTER = 'master.key'
const INBOX = 'inbox'
const LOG = 'access.log'

/** Leaves a reader's key for the key service, which takes it from there when it starts or meets a reader that it does not know, and deletes the file. */
export function leaveKey(folder: string, injection: Injection): void {
  const inbox = join(folder, INBOX)
  mkdirSync(inbox, { recursive: true, mode: 0o700 })
  writeDurably(join(inbox, `${injection.ksn}.json`), JSON.stringify(injection), 0o600)
}

export class Safe {
  readonly #folder: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #master: Buffer
  readonly #numbers: Buffer
  readonly #readers: Map<string, ReaderKeys>

  /** Throws when the keys cannot be read: a service that began with none would refuse every card. */
  constructor(folder: string, clock: Pick<Clock, 'now'>) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#clock = clock
    const [master, file] = [join(folder, MASTER), join(folder, FILE)]
    if (!existsSync(master)) {
      if (existsSync(file)) throw new Error(`${master} is missing though ${file} is there: restore it from a backup`)
      writeDurably(master, randomBytes(32).toString('hex'), 0o600)
    }
    this.#master = Buffer.from(readFileSync(master, 'utf8').trim(), 'hex')
    const text = existsSync(file) ? unseal(this.#master, Buffer.from(readFileSync(file, 'utf8'), 'base64'), FILE) : undefined
    if (text === undefined && existsSync(file)) throw new Error(`${file} was not sealed with ${master}`)
    const kept = text && keysSchema.parse(JSON.parse(text.toString('utf8')))
    text?.fill(0)
    this.#numbers = kept === undefined ? randomBytes(32) : Buffer.from(kept.numbers, 'hex')
    this.#readers = new Map(kept?.readers.map((keys) => [keys.reader, keys]))
    if (!this.#takeInbox() && kept === undefined) this.#save()
  }

  open(secret: CardSecret, maskedPan: string): Outcome<Buffer, OpenCode> {
    const opened = secret.is === 'number' ? this.#openNumber(secret.sealed, maskedPan) : this.#openTrack(secret)
    const checked = opened.ok && !isMaskedAs(opened.value, maskedPan) ? fail('card.forged') : opened
    if (opened.ok && !checked.ok) opened.value.fill(0)
    this.#log('open', secret.is === 'track' ? secret.ksn : 'a kept number', checked.ok ? 'done' : checked.code)
    return checked
  }

  keepNumber(secret: CardSecret, maskedPan: string): Outcome<string, OpenCode> {
    const opened = this.open(secret, maskedPan)
    if (!opened.ok) return opened
    const number = numberOf(opened.value)
    const sealed = seal(this.#numbers, number, maskedPan).toString('base64url')
    opened.value.fill(0)
    number.fill(0)
    return ok(sealed)
  }

  /** Durable when it returns. */
  forget(scheme: Scheme, ksn: string): void {
    const read = readKsn(scheme, Buffer.from(ksn, 'hex'))
    const keys = read && this.#readers.get(read.reader)
    if (read === undefined || keys === undefined) return
    this.#readers.set(read.reader, withoutKey(keys, read.counter))
    this.#save()
    this.#log('forget', ksn, 'done')
  }

  #openNumber(sealed: string, maskedPan: string): Outcome<Buffer, OpenCode> {
    const number = unseal(this.#numbers, Buffer.from(sealed, 'base64url'), maskedPan)
    return number === undefined ? fail('card.forged') : ok(number)
  }

  #openTrack({ scheme, ksn, track1, track2 }: Extract<CardSecret, { is: 'track' }>): Outcome<Buffer, OpenCode> {
    const read = readKsn(scheme, Buffer.from(ksn, 'hex'))
    if (read === undefined) return fail('card.forged')
    if (!this.#readers.has(read.reader)) this.#takeInbox()
    const keys = this.#readers.get(read.reader)
    const key = keys?.scheme === scheme ? trackKey(keys, read.counter) : undefined
    if (key === undefined) return fail('card.unknown_reader')
    const encrypted = track2 ?? track1
    const track = encrypted === undefined ? undefined : decryptTrack(scheme, key, Buffer.from(encrypted, 'hex'))
    key.fill(0)
    if (track === undefined) return fail('card.unreadable')
    const card = track2 === undefined ? fromTrack1(track) : fromTrack2(track)
    track.fill(0)
    return card === undefined ? fail('card.forged') : ok(card)
  }

  /** True when there was something in it. A reader that is known keeps the keys that it has: what was destroyed must not come back. */
  #takeInbox(): boolean {
    const inbox = join(this.#folder, INBOX)
    if (!existsSync(inbox)) return false
    const files = readdirSync(inbox).filter((name) => name.endsWith('.json'))
    for (const name of files) {
      const read = injectionSchema.safeParse(JSON.parse(readFileSync(join(inbox, name), 'utf8')))
      const ksn = read.success ? readKsn(read.data.scheme, Buffer.from(read.data.ksn, 'hex')) : undefined
      if (read.success && ksn !== undefined && !this.#readers.has(ksn.reader)) {
        this.#readers.set(ksn.reader, freshKeys(read.data.scheme, ksn.reader, read.data.initialKey))
        this.#log('register', ksn.reader, 'done')
      }
    }
    if (files.length === 0) return false
    this.#save()
    for (const name of files) rmSync(join(inbox, name))
    return true
  }

  #save(): void {
    const text = Buffer.from(
      JSON.stringify({ numbers: this.#numbers.toString('hex'), readers: [...this.#readers.values()] } satisfies z.infer<typeof keysSchema>),
    )
    writeDurably(join(this.#folder, FILE), seal(this.#master, text, FILE).toString('base64'), 0o600)
    text.fill(0)
  }

  #log(what: string, about: string, result: string): void {
    appendFileSync(join(this.#folder, LOG), `${new Date(this.#clock.now()).toISOString()} ${what} ${about} ${result}\n`, { mode: 0o600 })
  }
}
