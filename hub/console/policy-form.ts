import type { PolicyRulesView } from '#protocol/hub-api/policy.ts'
import { exponentOf, type Currency, type Minor } from '#protocol/money.ts'
import { HOUR } from '#protocol/time.ts'
import { decimalOf } from './money.ts'

/** What stands in the fields of a policy's form, as text. */
export type PolicyForm = {
  readonly perPaymentMinor: string
  readonly perShownCodeMinor: string
  readonly perInstrumentMinor: string
  readonly perTillMinor: string
  readonly storeMinor: string
  readonly maxOfflineHours: string
  readonly denyListHours: string
  readonly duplicateBorneBy: PolicyRulesView['duplicateBorneBy']
}

export function formOf({ offline, storeMinor, denyListMaxAgeMs, duplicateBorneBy }: PolicyRulesView, currency: Currency): PolicyForm {
  const money = (minor: Minor) => decimalOf(String(minor), currency)
  return {
    perPaymentMinor: money(offline.perPaymentMinor),
    perShownCodeMinor: money(offline.perShownCodeMinor),
    perInstrumentMinor: money(offline.perInstrumentMinor),
    perTillMinor: money(offline.perTillMinor),
    storeMinor: storeMinor === undefined ? '' : money(storeMinor),
    maxOfflineHours: String(offline.maxOfflineMs / HOUR),
    denyListHours: denyListMaxAgeMs === undefined ? '' : String(denyListMaxAgeMs / HOUR),
    duplicateBorneBy,
  }
}

/** The rules that a form says; what has no field stays as it is. Undefined where something cannot be read. */
export function rulesOf(form: PolicyForm, rules: PolicyRulesView, currency: Currency): PolicyRulesView | undefined {
  const money = (text: string) => minorOf(text, currency)
  const [payment, shown, instrument, till] = [form.perPaymentMinor, form.perShownCodeMinor, form.perInstrumentMinor, form.perTillMinor].map(money)
  const [store, denyList] = [form.storeMinor, form.denyListHours].map((text) => text.trim())
  const storeMinor = store === '' ? undefined : money(store ?? '')
  const maxOffline = wholeOf(form.maxOfflineHours)
  const listHours = denyList === '' ? undefined : wholeOf(denyList ?? '')
  const isBad =
    [payment, shown, instrument, till, maxOffline].includes(undefined) || (store !== '' && storeMinor === undefined) || (denyList !== '' && !listHours)
  if (isBad) return undefined
  const { storeMinor: _, denyListMaxAgeMs: __, ...others } = rules
  return {
    ...others,
    offline: {
      ...rules.offline,
      perPaymentMinor: payment ?? 0,
      perShownCodeMinor: shown ?? 0,
      perInstrumentMinor: instrument ?? 0,
      perTillMinor: till ?? 0,
      maxOfflineMs: (maxOffline ?? 0) * HOUR,
    },
    ...(storeMinor === undefined ? {} : { storeMinor }),
    ...(listHours === undefined ? {} : { denyListMaxAgeMs: listHours * HOUR }),
    duplicateBorneBy: form.duplicateBorneBy,
  }
}

/** `12.3` EUR as 1230: no more digits than the currency has, no sign. The point is moved in the text, so nothing is ever a float. */
export function minorOf(text: string, currency: Currency): Minor | undefined {
  const exponent = exponentOf(currency)
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim())
  const decimals = match?.[2] ?? ''
  return match === null || decimals.length > exponent ? undefined : Number(`${match[1]}${decimals.padEnd(exponent, '0')}`)
}

const wholeOf = (text: string): number | undefined => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : undefined)
