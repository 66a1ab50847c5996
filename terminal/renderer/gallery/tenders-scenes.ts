import type { View } from '#protocol/till-api/api.ts'

/** Scenes of a sale that is paid in several parts, with a tip, by gift card or in foreign cash. Each is a part of a view. */
type Scene = { readonly parts: Partial<View>; readonly keys?: readonly string[]; readonly presses?: readonly string[] }

const request = 'SP1R:7WJGPBXZ0J3X4Y0G2N8K5QH6T9D1M'
const tenders: NonNullable<View['tenders']> = {
  parts: [],
  tipMinor: 0,
  restMinor: 3275,
  tips: [50_000, 100_000, 150_000].map((ppm) => ({ ppm, amountMinor: Math.round((3275 * ppm) / 1_000_000) })),
  foreign: [
    { currency: 'CNY', toPayMinor: 27_292, suggestions: [27_300, 27_500, 28_000, 30_000] },
    { currency: 'JPY', toPayMinor: 5940, suggestions: [6000, 10_000] },
  ],
}
const paid: NonNullable<View['tenders']> = {
  ...tenders,
  parts: [
    { how: 'credit', amountMinor: 1000, decidedBy: 'policy' },
    { how: 'cash', amountMinor: 800, decidedBy: 'cash', cash: { tenderedMinor: 1000, changeMinor: 200 } },
  ],
  tipMinor: 328,
  restMinor: 1803,
}
const whole: Partial<View> = { tender: { stage: 'awaiting_code', amountMinor: 3275, request, boundRequired: false }, tenders }
const rest: Partial<View> = { tender: { stage: 'awaiting_code', amountMinor: 1803, request, boundRequired: false }, tenders: paid }

export const tendersScenes: Readonly<Record<string, Scene>> = {
  'other ways to pay': { parts: whole },
  'a tip': { parts: whole, presses: ['[data-action="tip"]'] },
  'a part': { parts: whole, presses: ['[data-action="part"]'] },
  'foreign cash': { parts: whole, presses: ['[data-action="foreign"]'] },
  'paid in part': { parts: rest },
  'paid in part, the rest refused': { parts: { ...rest, tender: { stage: 'refused', amountMinor: 1803, code: 'hub.insufficient_funds' } } },
  'giving everything back': { parts: rest, presses: ['[data-action="giveBack"]'] },
}
