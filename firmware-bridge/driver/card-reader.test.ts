import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { card as cardMessage } from '#protocol/device/messages.ts'
import { cardReaderDriver, cardReaderModels, type CardReaderConfig } from './card-reader.ts'
import type { Effect, LineEvent, Report } from './machine.ts'

// Numbers of cards are put together here, so that none stands in this project.
const PAN = `4${'1'.repeat(15)}`
const TRACK_1 = `%B${PAN}^TEST/CARD^30121010000000000000?`
const TRACK_2 = `;${PAN}=30121010000000000?`
const KSN = 'ffff9876543210e00008'

const put = (report: Uint8Array, at: number, what: string | readonly number[]): void =>
  report.set(typeof what === 'string' ? new TextEncoder().encode(what) : what, at)

/** The fixed layout of 337 bytes. */
function plain(track1: string, track2: string): Uint8Array {
  const report = new Uint8Array(337)
  put(report, 3, [track1.length, track2.length])
  put(report, 7, track1)
  put(report, 117, track2)
  return report
}

const hexBytes = (hex: string): number[] => hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []

/** MagneSafe V5, with an encryption status. */
function magnesafe(status: number, track1: readonly number[], track2: readonly number[]): Uint8Array {
  const report = new Uint8Array(856)
  put(report, 3, [track1.length, track2.length])
  put(report, 7, track1)
  put(report, 119, track2)
  put(report, 493, [status >> 8, status & 0xff, ...hexBytes(KSN)])
  for (const [index, masked] of ['%B4111000000001111^TEST/CARD^30120000000000000000?', ';4111000000001111=30120000000000000?'].entries()) {
    put(report, 505 + index, [masked.length])
    put(report, 508 + 112 * index, masked)
  }
  return report
}

type Frame = {
  readonly masked: readonly string[]
  readonly lengths?: readonly number[]
  readonly bits: readonly [number, number]
  readonly rest: readonly number[]
}

/** ID TECH's enhanced format. */
function frame({ masked, lengths = masked.map(({ length }) => length), bits, rest }: Frame): Uint8Array {
  const data = [0x80, 0x3f, ...lengths, 0, ...bits, ...masked.flatMap((text) => [...new TextEncoder().encode(text)]), ...rest]
  const check = [data.reduce((all, byte) => all ^ byte, 0), data.reduce((all, byte) => all + byte, 0) & 0xff]
  return Uint8Array.from([2, data.length & 0xff, data.length >> 8, ...data, ...check, 3])
}
const STARS = ['%*4111********1111^TEST/CARD^*******************?*', ';4111********1111=*****************?*'] as const
const cipher = (text: string, fill: number): number[] => Array<number>(Math.ceil(text.length / 8) * 8).fill(fill)
const SECURE = frame({ masked: STARS, bits: [3, 0x83], rest: [...cipher(STARS[0], 0xa1), ...cipher(STARS[1], 0xb2), ...hexBytes(KSN)] })
const padded = (bytes: Uint8Array, length: number): Uint8Array => {
  const report = new Uint8Array(length)
  report.set(bytes)
  return report
}

const opened: LineEvent = { type: 'opened' }
const beat: LineEvent = { type: 'timer', timer: 'beat' }

function run(config: CardReaderConfig, events: readonly (LineEvent | Uint8Array)[]) {
  const driver = cardReaderDriver(config)
  let state = driver.start
  const effects: Effect[] = []
  for (const event of [opened, ...events]) {
    const step = driver.step(state, event instanceof Uint8Array ? { type: 'bytes', bytes: event } : event)
    state = step.state
    effects.push(...step.effects)
  }
  return {
    health: driver.health(state),
    last: effects.at(-1),
    reports: effects.flatMap((effect): Report[] => (effect.type === 'report' ? [effect.report] : [])),
  }
}

const swipe = (config: CardReaderConfig, ...reports: readonly Uint8Array[]) => run(config, reports).reports
const MSR: CardReaderConfig = { model: 'hid-msr', key: 'pin' }
const MAGTEK: CardReaderConfig = { model: 'magtek', key: 'pin' }
const IDTECH: CardReaderConfig = { model: 'idtech', key: 'data' }
const FACE = { maskedPan: '411111******1111', expiry: '3012' }

describe('a reader without encryption', () => {
  it.each<[string, string, string, object]>([
    ['both tracks', TRACK_1, TRACK_2, { type: 'card', card: FACE }],
    ['track 1 alone', TRACK_1, '', { type: 'card', card: FACE }],
    ['track 2 alone', '', TRACK_2, { type: 'card', card: FACE }],
    ['one track that was misread', TRACK_1, TRACK_2.replace('1=', '2='), { type: 'card', card: FACE }],
    ['no track', '', '', { type: 'garbage', bytes: 337 }],
    ['two cards at once', TRACK_1, `;${'5'.repeat(12)}${'4'.repeat(4)}=30121010000?`, { type: 'garbage', bytes: 337 }],
  ])('tells the face of a card: %s', (_, track1, track2, report) => {
    for (const config of [MSR, MAGTEK, IDTECH]) expect(swipe(config, plain(track1, track2))).toEqual([report])
  })

  it('says that it gives numbers away: at once if it can do nothing else, or when it has', () => {
    expect(run(MSR, []).health).toMatchObject({ state: 'ready', code: 'device.card_unencrypted' })
    expect(run(MAGTEK, []).health).toEqual({ state: 'ready', counters: { cards: 0, unreadable: 0, garbage_bytes: 0, opened: 1 } })
    expect(run(MAGTEK, [plain(TRACK_1, TRACK_2)]).health).toMatchObject({ state: 'ready', code: 'device.card_unencrypted', counters: { cards: 1 } })
    expect(run(MAGTEK, [plain(TRACK_1, TRACK_2), { type: 'closed', why: 'unplugged' }, opened]).health.code).toBeUndefined()
  })

  it('does not believe a track that its reader could not decode', () => {
    const failed = plain(TRACK_1, TRACK_2)
    failed.set([1, 1])
    expect(swipe(MSR, failed)).toEqual([{ type: 'garbage', bytes: 337 }])
  })
})

describe('a MagTek reader', () => {
  const one = Array<number>(56).fill(0xa1)
  const two = Array<number>(40).fill(0xb2)
  const sent = { ksn: KSN, track1: 'a1'.repeat(56), track2: 'b2'.repeat(40) }
  const face = { maskedPan: '4111********1111', expiry: '3012' }

  it('hands on what it has encrypted, and which key that was', () => {
    expect(swipe(MAGTEK, magnesafe(0x0006, one, two))).toEqual([{ type: 'card', card: { ...face, encrypted: { scheme: 'tdes-dukpt-pin', ...sent } } }])
    for (const [config, status] of [[MAGTEK, 0x0806] as const, [{ ...MAGTEK, key: 'data' } as const, 0x0006] as const]) {
      expect(swipe(config, magnesafe(status, one, two))).toEqual([{ type: 'card', card: { ...face, encrypted: { scheme: 'tdes-dukpt-data', ...sent } } }])
    }
  })

  it('hands on the one track that was read', () => {
    const report = magnesafe(0x0006, one, two)
    report.set([1, 0, 0, 0])
    expect(swipe(MAGTEK, report)).toMatchObject([{ type: 'card', card: { encrypted: { track2: sent.track2 } } }])
  })

  it('without keys sends its tracks in the clear, of which only the face goes on', () => {
    const clear = (text: string) => [...new TextEncoder().encode(text)]
    const { reports, health } = run(MAGTEK, [magnesafe(0x0000, clear(TRACK_1), clear(TRACK_2))])
    expect(reports).toEqual([{ type: 'card', card: FACE }])
    expect(health.code).toBe('device.card_unencrypted')
  })

  it('that has used up its keys is broken', () => {
    const { reports, health } = run(MAGTEK, [magnesafe(0x0007, [], [])])
    expect(reports).toEqual([])
    expect(health).toMatchObject({ state: 'fault', code: 'device.fault', detail: 'it has used up its keys, and needs new ones' })
  })
})

describe('an ID TECH reader', () => {
  const encrypted = { scheme: 'tdes-dukpt-data', ksn: KSN, track1: 'a1'.repeat(56), track2: 'b2'.repeat(40) }
  const secured: Report = { type: 'card', card: { maskedPan: '4111********1111', encrypted: { ...encrypted, scheme: 'tdes-dukpt-data' } } }

  it('hands on what it has encrypted, from one report or several', () => {
    expect(swipe(IDTECH, padded(SECURE, 537))).toEqual([secured])
    const parts = [padded(SECURE, 256).slice(0, 64), padded(SECURE, 256).slice(64, 128), padded(SECURE, 256).slice(128, 192), padded(SECURE, 256).slice(192)]
    expect(swipe(IDTECH, ...parts)).toEqual([secured])
  })

  it('tells which key it used, if it does', () => {
    const rest = [...cipher(STARS[0], 0xa1), ...cipher(STARS[1], 0xb2), ...hexBytes(KSN)]
    expect(swipe(IDTECH, frame({ masked: STARS, bits: [0x43, 0x83], rest }))).toMatchObject([{ card: { encrypted: { scheme: 'tdes-dukpt-pin' } } }])
    expect(swipe({ ...IDTECH, key: 'pin' }, SECURE.slice())).toMatchObject([{ card: { encrypted: { scheme: 'tdes-dukpt-pin' } } }])
    const aes = [...Array<number>(64).fill(1), ...Array<number>(48).fill(2), ...hexBytes(KSN), 0, 1]
    expect(swipe(IDTECH, frame({ masked: STARS, bits: [0x13, 0x83], rest: aes }))).toMatchObject([
      { card: { encrypted: { scheme: 'aes-dukpt-data', ksn: `${KSN}0001` } } },
    ])
  })

  it('may add a session id, hashes and its serial number', () => {
    const fields = [...Array<number>(8).fill(5), ...Array<number>(40).fill(6), ...Array<number>(10).fill(7)]
    const rest = [...cipher(STARS[0], 0xa1), ...cipher(STARS[1], 0xb2), ...fields, ...hexBytes(KSN)]
    expect(swipe(IDTECH, frame({ masked: STARS, bits: [0x83, 0xdb], rest }))).toEqual([secured])
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['a wrong LRC', (bytes) => bytes.with(-3, (bytes.at(-3) ?? 0) ^ 1)],
    ['a wrong checksum', (bytes) => bytes.with(-2, (bytes.at(-2) ?? 0) ^ 1)],
    ['no ETX', (bytes) => bytes.with(-1, 0)],
    ['a byte that was misread', (bytes) => bytes.with(20, (bytes[20] ?? 0) ^ 1)],
    ['another start', (bytes) => bytes.with(0, 7)],
    ['a length beyond all measure', (bytes) => bytes.with(2, 200)],
  ])('is not believed with %s', (_, damage) => {
    expect(swipe(IDTECH, padded(damage(SECURE), 537))).toEqual([{ type: 'garbage', bytes: 537 }])
  })

  it('is not believed when its fields do not add up', () => {
    const short = frame({ masked: STARS, bits: [3, 0x83], rest: hexBytes(KSN) })
    const fixedKey = frame({ masked: STARS, bits: [0x0b, 0x83], rest: [...cipher(STARS[0], 0xa1), ...cipher(STARS[1], 0xb2), ...hexBytes(KSN)] })
    for (const wrong of [short, fixedKey]) expect(swipe(IDTECH, wrong)).toMatchObject([{ type: 'garbage' }])
  })

  it('is given up when a frame stays unfinished through two silent beats, and the next card is read', () => {
    const { reports, health } = run(IDTECH, [SECURE.slice(0, 100), beat, beat, SECURE.slice()])
    expect(reports).toEqual([{ type: 'garbage', bytes: 100 }, secured])
    expect(health.counters).toEqual({ cards: 1, unreadable: 1, garbage_bytes: 100, opened: 1 })
  })

  it('finds the next frame behind one that was cut off, without a silence between them', () => {
    expect(swipe(IDTECH, SECURE.slice(0, 100), padded(SECURE, 537))).toEqual([{ type: 'garbage', bytes: 100 }, secured])
  })

  it('glues nothing together across an unplugged cable', () => {
    expect(run(IDTECH, [SECURE.slice(0, 100), { type: 'closed', why: 'unplugged' }, opened, SECURE.slice()]).reports).toEqual([
      { type: 'garbage', bytes: 100 },
      secured,
    ])
  })
})

describe('what came in the clear', () => {
  it('is overwritten once it was read', () => {
    const clear = plain(TRACK_1, TRACK_2)
    run(MSR, [clear])
    expect(clear.every((byte) => byte === 0)).toBe(true)
    const [first, second] = [SECURE.slice(0, 100), SECURE.slice(100)]
    run(IDTECH, [first, second])
    expect([...first, ...second].every((byte) => byte === 0)).toBe(true)
  })

  it('is in nothing that the driver says or keeps, whatever the report', () => {
    const reports = fc.oneof(
      fc.constantFrom(plain(TRACK_1, TRACK_2), plain(TRACK_1, ''), magnesafe(0, [...new TextEncoder().encode(TRACK_1)], []), SECURE),
      fc.uint8Array({ maxLength: 900 }),
    )
    const damages = fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...cardReaderModels), fc.array(fc.tuple(reports, damages), { maxLength: 5 }), (model, sent) => {
        const damaged = sent.map(([report, changes]) =>
          changes.reduce((bytes, [at, byte]) => (at < bytes.length ? bytes.with(at, byte) : bytes), report.slice()),
        )
        const told = run({ model, key: 'data' }, damaged)
        expect(JSON.stringify(told)).not.toContain(PAN.slice(0, 12))
        for (const report of told.reports) if (report.type === 'card') cardMessage.parse(report.card)
      }),
      { numRuns: 500 },
    )
  })
})
