import { z } from 'zod'
import { pageOf } from './cursor.ts'
import { nothing, type RoutePorts } from './ports.ts'
import { reading, writing, type Route } from './route.ts'
import { differences } from '../../changed-fields.ts'
import { feeSchedule, merchantTerms } from '../../merchants/merchant.ts'
import { beginsAt, type MerchantVersion } from '../../merchants/register.ts'
import { fail, ok } from '#protocol/outcome.ts'

const time = z.iso.datetime()
const iso = (at: number): string => new Date(at).toISOString()
const account = z.object({ iban: z.string(), name: z.string(), bic: z.string().optional() })
const merchantView = z.object({
  id: z.string(),
  name: z.string(),
  legalName: z.string().optional(),
  country: z.string().optional(),
  state: z.enum(['active', 'held']),
  timeZone: z.string(),
  cutOff: z.string(),
  stores: z.array(z.object({ id: z.string(), name: z.string() })),
  fees: feeSchedule.meta({ description: 'Shares in parts per million, sums in minor units of the currency that was paid in' }),
  version: z.int(),
  account: account.optional(),
})
const versionView = z.object({
  version: z.int(),
  by: z.string(),
  at: time,
  from: time.meta({ description: 'In force from then on, until a later one is' }),
  state: z.enum(['agreed', 'proposed', 'withdrawn']),
  decidedBy: z.string().optional().meta({ description: 'The second person, or who took it back' }),
  changes: z.array(z.object({ field: z.string(), before: z.string(), after: z.string() })),
})
/** What a merchant may ask for itself: whom it is called and when and where it is paid, never what it pays. */
const proposal = z.strictObject({
  before: z.int().min(1).meta({ description: 'The newest version, so that two do not undo each other' }),
  from: time.optional(),
  name: merchantTerms.shape.name.optional(),
  legalName: merchantTerms.shape.legalName,
  country: z.string().max(8).optional().meta({ description: 'ISO 3166-1, two letters' }),
  timeZone: z.string().min(1).max(64).optional(),
  cutOff: z.string().max(8).optional().meta({ description: 'Local time, `22:00`' }),
  account: z.strictObject({ iban: z.string().min(1).max(34), name: z.string().trim().min(1).max(70), bic: z.string().max(11).optional() }).optional(),
})

const show = (version: MerchantVersion, before: MerchantVersion | undefined): z.infer<typeof versionView> => ({
  version: version.number,
  by: version.by,
  at: iso(version.at),
  from: iso(beginsAt(version)),
  state: version.state ?? 'agreed',
  ...(version.decidedBy !== undefined && { decidedBy: version.decidedBy }),
  changes: [...differences(before?.terms, version.terms)],
})
const beforeIt = (versions: readonly MerchantVersion[], at: number): MerchantVersion | undefined =>
  versions.slice(0, at).findLast(({ state }) => state !== 'withdrawn')

/** A merchant and its terms, as its programs see them. Nobody sees another one, and nothing changes before a person at the hub has agreed. */
export function merchantRoutes({ hub: { merchants } }: RoutePorts): readonly Route[] {
  return [
    reading({
      path: '/v1/merchants',
      name: 'listMerchants',
      summary: 'The merchant that asks, with the terms in force. Nobody sees another one',
      scope: 'merchants:read',
      params: nothing,
      query: nothing,
      answer: pageOf(merchantView),
      run({ caller: { merchant } }) {
        const found = merchants.find(merchant)
        if (found === undefined) return Promise.resolve(ok({ items: [] }))
        const { escrow: _, reserve: _1, recoverAfterDays: _2, refundRate: _3, ...terms } = found.terms
        return Promise.resolve(ok({ items: [{ ...terms, version: found.number }] }))
      },
    }),
    reading({
      path: '/v1/merchant-versions',
      name: 'listMerchantVersions',
      summary: 'Who changed which of its terms, from what to what, newest first',
      scope: 'merchants:read',
      params: nothing,
      query: nothing,
      answer: pageOf(versionView),
      async run({ caller: { merchant } }) {
        const versions = await merchants.history(merchant)
        return ok({ items: versions.map((version, at) => show(version, beforeIt(versions, at))).toReversed() })
      },
    }),
    writing({
      method: 'POST',
      path: '/v1/merchant-versions',
      name: 'proposeMerchantVersion',
      summary: 'Proposes another name, place, cut-off or account. It counts when a person at the hub has agreed',
      scope: 'merchants:propose',
      status: 201,
      params: nothing,
      query: nothing,
      body: proposal,
      answer: versionView,
      async run({ caller, body: { before, from, ...wanted }, store }) {
        const versions = await merchants.history(caller.merchant)
        const last = versions.findLast(({ state }) => state === undefined)
        if (last === undefined) return fail('merchant.unknown')
        const terms = { ...last.terms, ...wanted }
        const when = { proposal: true, from: from === undefined ? undefined : Date.parse(from) }
        // What two people have to do is not done by who let the program in and then agrees.
        const made = await merchants.over(store).change(terms, caller.madeBy ?? caller.id, before, when)
        return made.ok ? ok(show(made.value, last)) : made
      },
    }),
  ]
}
