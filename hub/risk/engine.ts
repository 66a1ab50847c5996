import { calibrated } from './calibration.ts'
import { featureNames, FEATURES, FeaturePass, type SavedPass } from './features.ts'
import type { Judgement } from './judgement.ts'
import { logitOf } from './learning.ts'
import { contributionsOf, topReasons } from './reasons.ts'
import { decodeRecord, encodeRecord, FEATURE_SET, type DecisionRecord, type LabelRecord, wasRefused } from './record.ts'
import type { RiskSettings } from './settings.ts'
import { harder, outcomeAt, type RiskOutcome } from './thresholds.ts'
import type { RiskRow } from '../store/documents.ts'
import { firedWords } from '#protocol/risk/rules.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

export type RiskQuestion = {
  readonly payment: Id
  /** Event time, as far as the hub believes it: never later than when it came. */
  readonly at: EpochMs
  /** Pseudonyms: of the wallet, card or credit that pays, and of the till. */
  readonly card: string
  readonly terminal: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly wasTaken: boolean
  readonly wasConfirmed: boolean
}
/** A decision, and its row for the log. */
export type RiskDecision = Asked & { readonly record: DecisionRecord }

/** What a decision is made by. Settings name their version, as rules and models do. */
export type RiskSource = { readonly judgement: Judgement; readonly settings: RiskSettings }

const MOST_REASONS = 4
type Asked = Omit<RiskRow, 'at'>

/** What one version of everything says about a vector: the same for the same arguments, today and in a replay. */
export type Verdict = Pick<DecisionRecord, 'outcome' | 'logit' | 'probability' | 'fired' | 'reasons'>

export function judgeVector({ judgement, settings }: RiskSource, features: Float64Array, listed: DecisionRecord['listed'], scratch: Uint32Array): Verdict {
  const { rules, model } = judgement
  const fired: number[] = []
  let outcome: RiskOutcome = 'approve'
  rules.fire(features, scratch)
  for (let r = 0; r < rules.rules.length; r++) {
    if (((scratch[r >> 5] ?? 0) & (1 << (r & 31))) === 0) continue
    fired.push(r)
    outcome = harder(outcome, rules.rules[r]?.outcome ?? 'approve')
  }
  const logit = model === undefined ? undefined : logitOf(model.model, features)
  const probability = model === undefined || logit === undefined ? undefined : calibrated(model.calibration, logit)
  if (probability !== undefined) outcome = harder(outcome, outcomeAt(probability, settings.thresholds))
  if (listed !== undefined) outcome = listed === 'blocked' ? 'decline' : 'approve'
  const reasons = outcome === 'approve' || model === undefined ? [] : placesOf(model.model, features)
  return { outcome, logit, probability, fired, reasons }
}

const placesOf = (model: NonNullable<Judgement['model']>['model'], features: Float64Array): number[] =>
  topReasons(contributionsOf(model, features), features, MOST_REASONS).map(({ feature }) => featureNames.indexOf(feature))

export type SavedEngine = {
  readonly v: 1
  readonly featureSet: number
  readonly seq: number
  readonly pass: SavedPass
  readonly frauds: readonly number[]
  readonly refused?: readonly number[]
}

/**
 * What settling asks about each payment, in its own process and without waiting for anything: some microseconds. It never speaks to the store. What it remembers is
 * what the rows of the risk log say, in their order, and nothing else: settling commits the rows of a turn together with the turn, so that after a crash the log has
 * exactly the decisions that counted.
 *
 * A turn that has to be judged again asks the same questions in the same order and gets the same answers: they are kept until it is committed. If it asked others in
 * the end, the engine has remembered what never was: `isAll` says so before the commit, the engine is made anew from the log, and the turn is judged once more.
 */
export class RiskEngine {
  readonly #source: () => RiskSource
  readonly #frauds: Set<number>
  /** Until their labels would be due: see `wasRefused`. */
  readonly #refused: Set<number>
  readonly #pass: FeaturePass
  readonly #features = new Float64Array(FEATURES)
  #fired = new Uint32Array(firedWords(0))
  /** Of the last row that the engine has remembered, committed or not. */
  #seq: number
  /** Asked and not committed, in their order. */
  #asked: Asked[] = []
  readonly #decided = new Map<Id, RiskDecision>()
  readonly #heard = new Map<string, Asked>()

  constructor(source: () => RiskSource, saved?: SavedEngine) {
    this.#source = source
    this.#frauds = new Set(saved?.frauds)
    this.#refused = new Set(saved?.refused)
    const labels = (seq: number): boolean | undefined => {
      const wasNo = this.#refused.delete(seq)
      return this.#frauds.has(seq) || (wasNo ? undefined : false)
    }
    this.#pass = saved === undefined ? new FeaturePass(labels) : FeaturePass.load(saved.pass, labels)
    this.#seq = saved?.seq ?? 0
  }

  get seq(): number {
    return this.#seq
  }

  ask(question: RiskQuestion): RiskDecision {
    const known = this.#decided.get(question.payment)
    if (known !== undefined) return known
    const { at, card, terminal } = question
    const source = this.#source()
    const { rules, model } = source.judgement
    const listed = listedOf(source.judgement, question)
    const seq = ++this.#seq
    this.#pass.observe(question, seq, this.#features)
    const words = firedWords(rules.rules.length)
    if (this.#fired.length < words) this.#fired = new Uint32Array(words)
    const verdict = judgeVector(source, this.#features, listed, this.#fired)
    const record: DecisionRecord = {
      kind: 'decision',
      payment: question.payment,
      at,
      card,
      terminal,
      amountMinor: question.amountMinor,
      currency: question.currency,
      wasTaken: question.wasTaken,
      wasConfirmed: question.wasConfirmed,
      listed,
      rulesVersion: rules.version,
      modelVersion: model?.version ?? 0,
      settingsVersion: source.settings.version,
      ...verdict,
      features: this.#features.slice(),
    }
    if (wasRefused(record)) this.#refused.add(seq)
    const decision = { seq, body: encodeRecord(record), record }
    this.#decided.set(question.payment, decision)
    this.#asked.push(decision)
    return decision
  }

  /** A label at the place in the log where it was heard. The same again in a turn that is judged again changes nothing. */
  hear(label: Omit<LabelRecord, 'kind'>): Asked {
    const key = `label/${label.of}/${label.heardAt}`
    const known = this.#heard.get(key)
    if (known !== undefined) return known
    const seq = ++this.#seq
    this.#label(label)
    const row = { seq, body: encodeRecord({ kind: 'label', ...label }) }
    this.#heard.set(key, row)
    this.#asked.push(row)
    return row
  }

  /** Whether these are what was asked, all of it and in its order. If not, something was asked for nothing, and this engine must not be used any more. */
  isAll(rows: readonly Asked[]): boolean {
    return this.#asked.length === rows.length && rows.every(({ body }, k) => this.#asked[k]?.body === body)
  }

  /** All that was asked is committed. */
  committed(): void {
    this.#asked = []
    this.#decided.clear()
    this.#heard.clear()
  }

  /** Goes on behind what it knows: a start or a replay. The features are worked out again, and they are those of the row, or the log or the program is not what it was. */
  replay({ seq, body }: Asked): { readonly differs: boolean } {
    invariant(seq > this.#seq, 'rows come in their order')
    this.#seq = seq
    const record = decodeRecord(body)
    if (record.kind === 'label') {
      this.#label(record)
      return { differs: false }
    }
    this.#pass.observe(record, seq, this.#features)
    if (wasRefused(record)) this.#refused.add(seq)
    return { differs: !sameBits(this.#features, record.features) }
  }

  #label({ of, at, card, terminal, isFraud }: Omit<LabelRecord, 'kind'>): void {
    if (!isFraud) this.#frauds.delete(of)
    else if (!this.#frauds.has(of)) this.#pass.heardLate({ at, card, terminal }, of, () => this.#frauds.add(of))
  }

  save(): SavedEngine {
    invariant(this.#asked.length === 0, 'nothing is half done')
    return { v: 1, featureSet: FEATURE_SET, seq: this.#seq, pass: this.#pass.save(), frauds: [...this.#frauds], refused: [...this.#refused] }
  }
}

function listedOf({ listed }: Judgement, { card, terminal, at }: RiskQuestion): DecisionRecord['listed'] {
  const words = [listed('card', card, at), listed('terminal', terminal, at)]
  return words.includes('blocked') ? 'blocked' : words.find((word) => word !== undefined)
}

/** −0 and 0 are different here, and two numbers that are not numbers the same. */
export const sameBits = (a: Float64Array, b: Float64Array): boolean => a.length === b.length && a.every((value, k) => Object.is(value, b[k]))
