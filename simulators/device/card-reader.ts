import { randomBytes } from 'node:crypto'
import { systemTimers } from '#protocol/node/clock.ts'
import type { Card } from '#protocol/device/messages.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import {
  idtechReport,
  MAGNESAFE_REPORT_BYTES,
  magnesafeReport,
  PLAIN_REPORT_BYTES,
  plainReport,
  SECURE_REPORT_BYTES,
  type EncryptedSwipe,
  type Stripe,
} from './card-reports.ts'
import {
  AES_KSN_BYTES,
  decryptAes,
  decryptTdes,
  encryptAes,
  encryptTdes,
  initialAesKey,
  initialTdesKey,
  nextKsn,
  TDES_KSN_BYTES,
  transactionAesKey,
  transactionTdesKey,
  variantTdesKey,
  workingAesKey,
} from './dukpt.ts'
import { openHid, type HidWay } from './hid.ts'
import type { DeviceTransport } from './line.ts'
import { testCard, track1Of, track2Of, type TestCard } from './test-cards.ts'

export const cardReaderModels = ['hid-msr', 'magtek', 'idtech'] as const
export type CardReaderModel = (typeof cardReaderModels)[number]

/**
 * `bad_swipe`: track 1 was not read. `unreadable`: neither was. `wrong_checksum`: a digit was misread on the way. `noise`: a report of nonsense.
 * `half_report`: one that breaks off, which only a bad cable over a socket lets through. `unplug_mid_card`: pulled while a card is read. `slow`: a
 * second later. `frozen`: reads nothing until it is plugged in again. `keys_used_up`: an encrypting reader has no key left.
 */
export const cardReaderFaults = [
  'bad_swipe',
  'unreadable',
  'wrong_checksum',
  'noise',
  'half_report',
  'unplug_mid_card',
  'slow',
  'frozen',
  'keys_used_up',
] as const
export type CardReaderFault = (typeof cardReaderFaults)[number]

export type CardReaderOptions = HidWay & {
  readonly model: CardReaderModel
  /** Which key of a transaction encrypts: as its maker delivers it, `pin` for MagTek and `data` for ID TECH. */
  readonly key?: 'pin' | 'data'
  /** Whether keys were put into it; a reader on page 8E has none whatever is said here. */
  readonly encrypted?: boolean
  /** ID TECH only. */
  readonly cipher?: 'tdes' | 'aes'
  readonly timers?: Timers
}

export type ReaderKeys = { readonly scheme: NonNullable<Card['encrypted']>['scheme']; readonly ksn: string; readonly initialKey: string }

export interface SimulatedCardReader {
  transport(): DeviceTransport
  readonly plugged: boolean
  /** Draws a card through it. Resolves when the report has left. */
  swipe(card: TestCard): Promise<void>
  /** As the one who knows the base key would, which this reader made for itself and never tells. */
  decrypt(encrypted: NonNullable<Card['encrypted']>): { readonly track1?: string; readonly track2?: string }
  /** Puts new keys into it, as its maker does with one that has used up its own. */
  loadKeys(): void
  /** Told at once, and whenever new keys were put into it: the serial number and the key that were. The base key stays with the maker. */
  onKeys(listener: (keys: ReaderKeys) => void): void
  readonly faults: readonly CardReaderFault[]
  fault(kind: CardReaderFault): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

const VENDOR_PAGE = [0x06, 0x00, 0xff]
const PLAIN = {
  'hid-msr': { vendorId: 0x0acd, productId: 0x2020, product: 'HID magnetic stripe reader', serialNumber: 'SIM-MSR-1', page: [0x05, 0x8e] },
  magtek: { vendorId: 0x0801, productId: 0x0002, product: 'USB Swipe Reader', serialNumber: 'SIM-SWIPE-1', page: VENDOR_PAGE },
  idtech: { vendorId: 0x0acd, productId: 0x2020, product: 'MiniMag', serialNumber: 'SIM-MINIMAG-1', page: VENDOR_PAGE },
} as const satisfies Record<CardReaderModel, object>
const ENCRYPTING = {
  ...PLAIN,
  magtek: { vendorId: 0x0801, productId: 0x0011, product: 'USB Encrypted Swipe Reader', serialNumber: 'SIM-DYNAMAG-1', page: VENDOR_PAGE },
  idtech: { vendorId: 0x0acd, productId: 0x2010, product: 'SecureMag', serialNumber: 'SIM-SECUREMAG-1', page: VENDOR_PAGE },
} as const satisfies Record<CardReaderModel, object>

/** One input report without an id, so long. Items as in HID 1.11 §6.2.2. */
const descriptorOf = (page: readonly number[], bytes: number): Uint8Array =>
  Uint8Array.of(...page, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x96, bytes & 0xff, bytes >> 8, 0x09, 0x20, 0x82, 0x02, 0x01, 0xc0)

/** From the last flank of the stripe to the report. */
const READING_TIME: DurationMs = 20
const LONG_PAUSE: DurationMs = 1000

/** A magnetic stripe card reader on USB, in the report layout of its maker. */
export async function startCardReader(options: CardReaderOptions): Promise<SimulatedCardReader> {
  const { model, timers = systemTimers, key = model === 'idtech' ? 'data' : 'pin', encrypted: hasKeys = true, cipher = 'tdes', ...way } = options
  const encrypted = hasKeys && model !== 'hid-msr'
  let keys = makeKeys(cipher, key)
  const keyListeners: ((told: ReaderKeys) => void)[] = []
  const encode = (stripe: Stripe): Uint8Array => {
    if (!encrypted) return plainReport(stripe)
    return model === 'idtech' ? idtechReport(keys.encrypt(stripe)) : magnesafeReport(keys.encrypt(stripe))
  }
  const reportBytes = encrypted ? (model === 'idtech' ? SECURE_REPORT_BYTES : MAGNESAFE_REPORT_BYTES) : PLAIN_REPORT_BYTES
  const { page, ...identity } = (encrypted ? ENCRYPTING : PLAIN)[model]
  const usb = await openHid({ ...way, ...identity, reportDescriptor: descriptorOf(page, reportBytes) })
  let isFrozen = false
  const pause = (time: DurationMs) => new Promise<void>((resolve) => void timers.after(time, resolve))
  const send = async (report: Uint8Array, after = READING_TIME) => {
    await pause(after)
    if (!isFrozen) usb.send(report)
  }
  const pull = () => {
    usb.unplug()
    isFrozen = false
  }
  const stripeOf = (card: TestCard): Stripe => ({ track1: track1Of(card), track2: track2Of(card) })

  const fail = async (kind: CardReaderFault): Promise<void> => {
    const stripe = stripeOf(testCard('Visa'))
    switch (kind) {
      case 'bad_swipe':
        return send(encode({ track2: track2Of(testCard('Visa')) }))
      case 'unreadable':
        return send(encode({}))
      case 'wrong_checksum':
        return send(damaged(encode(stripe), model === 'idtech' && encrypted))
      case 'noise':
        return send(Uint8Array.from({ length: reportBytes }, (_, at) => (37 * at + 129) % 256))
      case 'half_report':
        return send(encode(stripe).slice(0, 100))
      case 'unplug_mid_card':
        return pull()
      case 'slow':
        return send(encode(stripe), LONG_PAUSE)
      case 'frozen':
        isFrozen = true
        return
      case 'keys_used_up':
        keys.useUp()
        return send(encode(stripe))
    }
  }

  let busy: Promise<void> = Promise.resolve()
  const inTurn = (act: () => Promise<void>) => (busy = busy.then(act))
  return {
    transport: () => usb.transport(),
    get plugged() {
      return usb.plugged
    },
    swipe: (card) => inTurn(() => send(encode(stripeOf(card)))),
    decrypt: (sent) => keys.decrypt(sent),
    loadKeys() {
      keys = makeKeys(cipher, key)
      for (const listener of keyListeners) listener(keys.told)
    },
    onKeys(listener) {
      keyListeners.push(listener)
      listener(keys.told)
    },
    faults: cardReaderFaults.filter((kind) => kind !== 'keys_used_up' || (model === 'magtek' && encrypted)),
    fault: (kind) => inTurn(() => fail(kind)),
    unplug: pull,
    replug: () => usb.replug(),
    close: () => usb.close(),
  }
}

/** A digit of both numbers read wrongly: inside a frame its LRC no longer fits, elsewhere the check digit of the number. */
function damaged(report: Uint8Array, isFrame: boolean): Uint8Array {
  if (isFrame) return report.with(20, (report[20] ?? 0) ^ 1)
  // MagneSafe readers check the LRC of a track themselves, and say so.
  if (report.length > PLAIN_REPORT_BYTES) return report.with(0, 1).with(1, 1)
  return report.with(12, (report[12] ?? 0) ^ 1).with(121, (report[121] ?? 0) ^ 1)
}

/** The keys of one reader, made for it alone: the base key is never told, and a serial number serves one swipe. */
function makeKeys(cipher: 'tdes' | 'aes', key: 'pin' | 'data') {
  const bdk = randomBytes(16)
  let ksn: Buffer | undefined = Buffer.concat([randomBytes((cipher === 'tdes' ? TDES_KSN_BYTES : AES_KSN_BYTES) - 4), Buffer.alloc(4)])
  const initialKey = (cipher === 'tdes' ? initialTdesKey(bdk, ksn) : initialAesKey(bdk, ksn)).toString('hex')
  const told: ReaderKeys = { scheme: cipher === 'aes' ? 'aes-dukpt-data' : `tdes-dukpt-${key}`, ksn: ksn.toString('hex'), initialKey }
  const tdesKey = (serial: Buffer, variant: 'pin' | 'data') => variantTdesKey(transactionTdesKey(initialTdesKey(bdk, serial), serial), variant)
  const aesKey = (serial: Buffer) => workingAesKey(transactionAesKey(initialAesKey(bdk, serial), serial), 'data', serial)
  return {
    told,
    useUp: () => (ksn = undefined),
    encrypt(stripe: Stripe): EncryptedSwipe {
      ksn = ksn && nextKsn(cipher, ksn)
      if (ksn === undefined) return { stripe: {}, cipher, key }
      const serial = ksn
      const encrypt = (track: string): Buffer =>
        cipher === 'aes' ? encryptAes(aesKey(serial), Buffer.from(track)) : encryptTdes(tdesKey(serial, key), Buffer.from(track))
      const { track1, track2 } = stripe
      const tracks = { ...(track1 !== undefined && { track1: encrypt(track1) }), ...(track2 !== undefined && { track2: encrypt(track2) }) }
      return { stripe, cipher, key, ksn, ...tracks }
    },
    decrypt({ scheme, ksn: sent, track1, track2 }: NonNullable<Card['encrypted']>) {
      const serial = Buffer.from(sent, 'hex')
      const decrypt = (bytes: string): string => {
        const text = Buffer.from(bytes, 'hex')
        const clear =
          scheme === 'aes-dukpt-data' ? decryptAes(aesKey(serial), text) : decryptTdes(tdesKey(serial, scheme === 'tdes-dukpt-pin' ? 'pin' : 'data'), text)
        return clear.toString('latin1').replace(/\0*$/, '')
      }
      return { ...(track1 !== undefined && { track1: decrypt(track1) }), ...(track2 !== undefined && { track2: decrypt(track2) }) }
    },
  }
}
