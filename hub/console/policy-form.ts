import type { PolicyRulesView } from '#protocol/hub-api/policy.ts'
import { exponentOf, type Currency, type Minor } from '#protocol/money.ts'
import type { InstrumentCaps, InstrumentKind } from '#protocol/policy/bundle.ts'
import { HOUR, type DurationMs } from '#protocol/time.ts'
import { decimalOf } from './money.ts'

export const formKinds = ['wallet_shown', 'wallet_bound', 'card', 'credit'] as const satisfies readonly InstrumentKind[]

/** All empty: the kind has no caps of its own. */
export type KindForm = { readonly payment: string; readonly instrument: string; readonly count: string }
export type StepForm = { readonly hours: string; readonly percent: string }

/** What stands in the fields of a policy's form, as text. */
export type PolicyForm = {
  readonly perPaymentMinor: string
  readonly perShownCodeMinor: string
  readonly perInstrumentMinor: string
  readonly perTillMinor: string
  readonly storeMinor: string
  readonly maxOfflineHours: string
  readonly denyListHours: string
  readonly validHours: string
  readonly doubtfulPercent: string
  readonly steps: readonly StepForm[]
  readonly kinds: Readonly<Record<InstrumentKind, KindForm>>
  readonly duplicateBorneBy: PolicyRulesView['duplicateBorneBy']
  readonly risk: PolicyRulesView['risk']
}

const NO_CAPS: KindForm = { payment: '', instrument: '', count: '' }

export function formOf({ offline, storeMinor, denyListMaxAgeMs, validForMs, duplicateBorneBy, risk }: PolicyRulesView, currency: Currency): PolicyForm {
  const money = (minor: Minor) => decimalOf(String(minor), currency)
  const kind = (name: InstrumentKind): KindForm => {
    const caps = offline.instruments?.[name]
    if (caps === undefined) return NO_CAPS
    const { perPaymentMinor, perInstrumentMinor, perInstrumentCount } = caps
    return { payment: money(perPaymentMinor), instrument: money(perInstrumentMinor), count: perInstrumentCount === undefined ? '' : String(perInstrumentCount) }
  }
  return {
    perPaymentMinor: money(offline.perPaymentMinor),
    perShownCodeMinor: money(offline.perShownCodeMinor),
    perInstrumentMinor: money(offline.perInstrumentMinor),
    perTillMinor: money(offline.perTillMinor),
    storeMinor: storeMinor === undefined ? '' : money(storeMinor),
    maxOfflineHours: hoursText(offline.maxOfflineMs),
    denyListHours: denyListMaxAgeMs === undefined ? '' : hoursText(denyListMaxAgeMs),
    validHours: hoursText(validForMs),
    doubtfulPercent: offline.doubtfulClockPpm === undefined ? '' : percentText(offline.doubtfulClockPpm),
    steps: (offline.steps ?? []).map(({ afterMs, capsPpm }) => ({ hours: hoursText(afterMs), percent: percentText(capsPpm) })),
    kinds: { wallet_shown: kind('wallet_shown'), wallet_bound: kind('wallet_bound'), card: kind('card'), credit: kind('credit') },
    duplicateBorneBy,
    risk,
  }
}

/** The rules that a form says; what has no field stays as it is. Undefined where something cannot be read. */
export function rulesOf(form: PolicyForm, rules: PolicyRulesView, currency: Currency): PolicyRulesView | undefined {
  const read = new Reading(currency)
  const { storeMinor: _, denyListMaxAgeMs: __, risk: ______, offline: before, ...others } = rules
  const { steps: ___, instruments: ____, doubtfulClockPpm: _____, ...general } = before
  const storeMinor = read.optional(form.storeMinor, (text) => read.money(text))
  const listMs = read.optional(form.denyListHours, (text) => read.hours(text, rules.denyListMaxAgeMs))
  const doubtfulClockPpm = read.optional(form.doubtfulPercent, (text) => read.percent(text))
  const steps = form.steps.map(({ hours, percent }, at) => ({ afterMs: read.hours(hours, before.steps?.[at]?.afterMs), capsPpm: read.percent(percent) }))
  const instruments = read.kinds(form.kinds)
  const changed: PolicyRulesView = {
    ...others,
    validForMs: read.hours(form.validHours, rules.validForMs),
    offline: {
      ...general,
      perPaymentMinor: read.money(form.perPaymentMinor),
      perShownCodeMinor: read.money(form.perShownCodeMinor),
      perInstrumentMinor: read.money(form.perInstrumentMinor),
      perTillMinor: read.money(form.perTillMinor),
      maxOfflineMs: read.hours(form.maxOfflineHours, before.maxOfflineMs, 0),
      ...(steps.length === 0 ? {} : { steps }),
      ...(instruments === undefined ? {} : { instruments }),
      ...(doubtfulClockPpm === undefined ? {} : { doubtfulClockPpm }),
    },
    ...(storeMinor === undefined ? {} : { storeMinor }),
    ...(listMs === undefined ? {} : { denyListMaxAgeMs: listMs }),
    duplicateBorneBy: form.duplicateBorneBy,
    ...(form.risk === undefined ? {} : { risk: form.risk }),
  }
  return read.isBad || !shrinks(steps) ? undefined : changed
}

/** As the hub wants it (`protocol/policy/bundle.ts`): each step is later and not larger than the one before. */
const shrinks = (steps: readonly { readonly afterMs: DurationMs; readonly capsPpm: number }[]): boolean =>
  steps.every(({ afterMs, capsPpm }, at) => at === 0 || (afterMs > (steps[at - 1]?.afterMs ?? 0) && capsPpm <= (steps[at - 1]?.capsPpm ?? 0)))

/** Reads fields, and remembers that one could not be read. */
class Reading {
  isBad = false
  readonly #currency: Currency

  constructor(currency: Currency) {
    this.#currency = currency
  }

  money(text: string): Minor {
    return this.#or0(minorOf(text, this.#currency))
  }

  /** `before`: what the field was filled with, which may have been finer than the field can say. */
  hours(text: string, before: DurationMs | undefined, least: DurationMs = 1): DurationMs {
    if (before !== undefined && text.trim() === hoursText(before)) return before
    const hundredths = decimalDigits(text, 5, 2)
    const ms = hundredths === undefined ? undefined : (hundredths * HOUR) / 100
    return this.#or0(ms !== undefined && ms >= least ? ms : undefined)
  }

  /** In parts per million. */
  percent(text: string): number {
    const ppm = decimalDigits(text, 3, 4)
    return this.#or0(ppm !== undefined && ppm <= 1_000_000 ? ppm : undefined)
  }

  optional<T>(text: string, read: (text: string) => T): T | undefined {
    return text.trim() === '' ? undefined : read(text)
  }

  kinds(forms: PolicyForm['kinds']): PolicyRulesView['offline']['instruments'] {
    const given = formKinds.flatMap((kind): [InstrumentKind, InstrumentCaps][] => {
      const { payment, instrument, count } = forms[kind]
      if ([payment, instrument, count].every((text) => text.trim() === '')) return []
      const perInstrumentCount = this.optional(count, (text) => this.#or0(/^[1-9]\d{0,2}$|^1000$/.test(text.trim()) ? Number(text) : undefined))
      return [
        [
          kind,
          { perPaymentMinor: this.money(payment), perInstrumentMinor: this.money(instrument), ...(perInstrumentCount !== undefined && { perInstrumentCount }) },
        ],
      ]
    })
    return given.length === 0 ? undefined : Object.fromEntries(given)
  }

  #or0(value: number | undefined): number {
    if (value === undefined) this.isBad = true
    return value ?? 0
  }
}

const hoursText = (ms: DurationMs): string => String(Math.round((ms * 100) / HOUR) / 100)
const percentText = (ppm: number): string => String(ppm / 10_000)

/** `12.3` EUR as 1230: no more digits than the currency has, no sign. */
export const minorOf = (text: string, currency: Currency): Minor | undefined => decimalDigits(text, 12, exponentOf(currency))

/** The point is moved in the text, so nothing is ever a float. */
function decimalDigits(text: string, whole: number, exponent: number): number | undefined {
  const match = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim())
  const [, units = '', decimals = ''] = match ?? []
  return match === null || units.length > whole || decimals.length > exponent ? undefined : Number(`${units}${decimals.padEnd(exponent, '0')}`)
}
