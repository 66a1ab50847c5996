import { FEATURES } from './features.ts'
import { outcomes, type RiskOutcome } from './thresholds.ts'
import type { ListedWord } from '#protocol/hub-api/risk-rules.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { isCurrency, type Currency, type Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What the risk log keeps, in the hub's order: each decision with everything that it was made of, and each label at the place where it was heard. Everything that the
 * engine knows follows from these rows alone, so that a restart and a replay see the same numbers, bit by bit.
 */
export type DecisionRecord = {
  readonly kind: 'decision'
  readonly payment: Id
  /** Event time: when the till took it. */
  readonly at: EpochMs
  /** Pseudonyms. */
  readonly card: string
  readonly terminal: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly outcome: RiskOutcome
  /** It had been taken without the hub when it was judged: nothing could be undone any more. */
  readonly wasTaken: boolean
  /** The phone had confirmed the exact sum, or the acquirer is asked: a challenge is met. */
  readonly wasConfirmed: boolean
  readonly listed: ListedWord | undefined
  /** 0: there was none. */
  readonly rulesVersion: number
  readonly modelVersion: number
  readonly settingsVersion: number
  /** Undefined without a model. */
  readonly logit: number | undefined
  readonly probability: number | undefined
  /** Places in that version's list of rules. */
  readonly fired: readonly number[]
  /** Places of features, the strongest first; of approved payments they are worked out when somebody asks. */
  readonly reasons: readonly number[]
  readonly features: Float64Array
}
/**
 * Nobody complains about what was refused: that says nothing about what it would have been. Neither may a model learn from it that it was good, nor may somebody make
 * large payments usual for a stolen card by trying them again and again.
 */
export const wasRefused = ({ outcome, wasTaken, wasConfirmed }: Pick<DecisionRecord, 'outcome' | 'wasTaken' | 'wasConfirmed'>): boolean =>
  !wasTaken && (outcome === 'decline' || (outcome === 'challenge' && !wasConfirmed))

export type LabelRecord = {
  readonly kind: 'label'
  /** Of the decision that it is about. */
  readonly of: number
  readonly at: EpochMs
  readonly card: string
  readonly terminal: string
  readonly isFraud: boolean
  /** By the hub's clock. */
  readonly heardAt: EpochMs
}
export type RiskRecord = DecisionRecord | LabelRecord

const DECISION = 1
const LABEL = 2
/** The same names at the same places. A change of `featureNames` makes this one more. */
export const FEATURE_SET = 1

// ---------------------------------------------------------------- writing

/** One buffer for all: a record is copied out of it when it is whole. */
let buffer = new Uint8Array(4096)
let view = new DataView(buffer.buffer)
let end = 0

function room(bytes: number): void {
  if (end + bytes <= buffer.length) return
  const wider = new Uint8Array(2 * (end + bytes))
  wider.set(buffer)
  buffer = wider
  view = new DataView(buffer.buffer)
}
function byte(value: number): void {
  room(1)
  buffer[end++] = value
}
/** LEB128, of whole numbers up to 2^53. */
function whole(value: number): void {
  invariant(Number.isSafeInteger(value) && value >= 0, 'a whole number')
  let rest = value
  while (rest >= 128) {
    byte((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  byte(rest)
}
function float(value: number): void {
  room(8)
  view.setFloat64(end, value, true)
  end += 8
}
const UUID = 0
const HEX = 255
const PSEUDONYM = /^[0-9a-f]{32}$/
/** A UUID, or as many hexadecimal digits without hyphens, take 16 bytes; anything else its length and its text. */
function name(text: string): void {
  const isUuid = isId(text)
  const isHex = isUuid || PSEUDONYM.test(text)
  const bytes = isHex ? unhex(isUuid ? text.replaceAll('-', '') : text) : new TextEncoder().encode(text)
  invariant(bytes !== undefined && bytes.length > 0 && bytes.length < HEX, 'a name has 1 to 254 bytes')
  byte(isUuid ? UUID : isHex ? HEX : bytes.length)
  room(bytes.length)
  buffer.set(bytes, end)
  end += bytes.length
}

/**
 * Two bits for each feature: nothing (0), −1, a whole number, or any other. Most are of the first three, and a record takes about a third of its numbers' own
 * bytes. −0 is kept apart from 0, since a replay has to be the same bit by bit.
 */
const [ZERO, NOTHING, WHOLE, OTHER] = [0, 1, 2, 3]
const TAGS = Math.ceil(FEATURES / 4)

const tagOf = (value: number): number =>
  Object.is(value, 0) ? ZERO : value === -1 ? NOTHING : Number.isSafeInteger(value) && value > 0 && value < 2 ** 35 ? WHOLE : OTHER

function vector(features: Float64Array): void {
  const tags = end
  room(TAGS)
  buffer.fill(0, tags, tags + TAGS)
  end += TAGS
  for (let f = 0; f < FEATURES; f++) {
    const value = features[f] as number
    const tag = tagOf(value)
    buffer[tags + (f >> 2)] = (buffer[tags + (f >> 2)] as number) | (tag << (2 * (f & 3)))
    if (tag === WHOLE) whole(value)
    else if (tag === OTHER) float(value)
  }
}

export function encodeRecord(record: RiskRecord): Uint8Array {
  end = 0
  if (record.kind === 'label') {
    byte(LABEL)
    whole(record.of)
    whole(record.at)
    whole(record.heardAt)
    byte(record.isFraud ? 1 : 0)
    name(record.card)
    name(record.terminal)
    return buffer.slice(0, end)
  }
  const { outcome, wasTaken, wasConfirmed, listed, logit, probability } = record
  byte(DECISION)
  byte(FEATURE_SET)
  name(record.payment)
  whole(record.at)
  name(record.card)
  name(record.terminal)
  whole(record.amountMinor)
  for (let k = 0; k < 3; k++) byte(record.currency.charCodeAt(k))
  byte(outcomes.indexOf(outcome))
  byte((wasTaken ? 1 : 0) | (wasConfirmed ? 2 : 0) | (logit === undefined ? 0 : 4) | (listed === 'blocked' ? 8 : 0) | (listed === 'allowed' ? 16 : 0))
  whole(record.rulesVersion)
  whole(record.modelVersion)
  whole(record.settingsVersion)
  if (logit !== undefined) {
    float(logit)
    float(probability ?? 0)
  }
  byte(record.fired.length)
  for (const place of record.fired) byte(place)
  byte(record.reasons.length)
  for (const place of record.reasons) byte(place)
  vector(record.features)
  return buffer.slice(0, end)
}

// ---------------------------------------------------------------- reading

/** Of what this hub wrote itself, in the store of its money: anything else is a broken disk, and throws. */
class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  byte(): number {
    const value = this.#bytes[this.#at++]
    invariant(value !== undefined, 'a record is whole')
    return value
  }
  bytes(count: number): Uint8Array {
    const from = this.#at
    this.#at += count
    invariant(this.#at <= this.#bytes.length, 'a record is whole')
    return this.#bytes.subarray(from, this.#at)
  }
  whole(): number {
    let [value, unit] = [0, 1]
    for (;;) {
      const next = this.byte()
      value += (next & 127) * unit
      if (next < 128) return value
      unit *= 128
      invariant(unit <= 2 ** 56, 'a whole number')
    }
  }
  float(): number {
    const from = this.#at
    this.bytes(8)
    return this.#view.getFloat64(from, true)
  }
  name(): string {
    const length = this.byte()
    if (length !== UUID && length !== HEX) return new TextDecoder().decode(this.bytes(length))
    const text = hex(this.bytes(16))
    if (length === HEX) return text
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
  }
  vector(): Float64Array {
    const features = new Float64Array(FEATURES)
    const tags = this.bytes(TAGS)
    for (let f = 0; f < FEATURES; f++) {
      const tag = ((tags[f >> 2] ?? 0) >> (2 * (f & 3))) & 3
      if (tag === NOTHING) features[f] = -1
      else if (tag === WHOLE) features[f] = this.whole()
      else if (tag === OTHER) features[f] = this.float()
    }
    return features
  }
}

export function decodeRecord(bytes: Uint8Array): RiskRecord {
  const read = new Reader(bytes)
  const kind = read.byte()
  if (kind === LABEL) {
    const [of, at, heardAt, isFraud] = [read.whole(), read.whole(), read.whole(), read.byte() === 1]
    return { kind: 'label', of, at, heardAt, isFraud, card: read.name(), terminal: read.name() }
  }
  invariant(kind === DECISION && read.byte() === FEATURE_SET, 'a record of this hub')
  const payment = read.name()
  invariant(isId(payment), 'a payment has an id')
  const at = read.whole()
  const [card, terminal, amountMinor] = [read.name(), read.name(), read.whole()]
  const currency = String.fromCharCode(read.byte(), read.byte(), read.byte())
  invariant(isCurrency(currency), 'a currency')
  const outcome = outcomes[read.byte()]
  invariant(outcome !== undefined, 'a known outcome')
  const flags = read.byte()
  const [rulesVersion, modelVersion, settingsVersion] = [read.whole(), read.whole(), read.whole()]
  const logit = (flags & 4) === 0 ? undefined : read.float()
  const probability = logit === undefined ? undefined : read.float()
  const fired = [...read.bytes(read.byte())]
  const reasons = [...read.bytes(read.byte())]
  const features = read.vector()
  return {
    kind: 'decision',
    payment,
    at,
    card,
    terminal,
    amountMinor,
    currency,
    outcome,
    wasTaken: (flags & 1) !== 0,
    wasConfirmed: (flags & 2) !== 0,
    listed: (flags & 8) !== 0 ? 'blocked' : (flags & 16) !== 0 ? 'allowed' : undefined,
    rulesVersion,
    modelVersion,
    settingsVersion,
    logit,
    probability,
    fired,
    reasons,
    features,
  }
}
