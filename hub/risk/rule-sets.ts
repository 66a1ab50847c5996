import { z } from 'zod'
import { featureNames } from './features.ts'
import type { RulesInForce } from './judgement.ts'
import { signedText, type SigningPorts } from './signed-text.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { DocumentRow } from '../store/documents.ts'
import { signedTypes } from '#protocol/cose.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { ruleSet, rulesAsCode, unknownFeatures, type CompiledRules, type RiskRule } from '#protocol/risk/rules.ts'

/** What is signed: the rules, and who has put them in force when and why. */
const signedSet = z.strictObject({ set: ruleSet, at: epochMs, by: z.string().min(1).max(80), note: z.string().max(500) })
export type SignedSet = z.infer<typeof signedSet>

const PREFIX = 'risk-rules/'
const DIGITS = 12
const idOf = (version: number): string => `${PREFIX}${String(version).padStart(DIGITS, '0')}`
const PAGE = 50

export type RuleSetsPorts = SigningPorts & { readonly store: Pick<HubStore, 'documents' | 'get'> }

/**
 * Sets of rules as people have put them in force, each signed by the hub's policy key: the highest version holds, and none is ever written over. Whoever can write
 * into the hub's database cannot make a rule of his own.
 */
export interface RuleSets {
  /** Of a set that is to be kept: for the commit of whoever puts it in force. A second one of its version makes that commit stale. */
  row(set: SignedSet): DocumentRow
  find(version: number): Promise<Outcome<SignedSet, 'risk.unknown' | 'wire.malformed' | 'wire.bad_signature'>>
  /** The newest first, `limit` at most; those that are not genuine by their version alone. */
  newest(limit: number): Promise<readonly (SignedSet | { readonly notGenuine: number })[]>
}

export function createRuleSets(ports: RuleSetsPorts): RuleSets {
  const { store } = ports
  const signed = signedText(ports, signedTypes.rules)

  /** A genuine set under another's number is as little what was signed there. */
  function open({ id, body }: DocumentRow): Outcome<SignedSet, 'wire.malformed' | 'wire.bad_signature'> {
    const opened = signed.open(body)
    if (!opened.ok) return opened
    const set = signedSet.parse(JSON.parse(opened.value))
    return id === idOf(set.set.version) ? ok(set) : fail('wire.bad_signature')
  }

  return {
    row: (set) => ({ id: idOf(set.set.version), version: 0, dueAt: undefined, body: signed.seal(JSON.stringify(set)) }),
    async find(version) {
      const [row] = await store.get('documents', [idOf(version)])
      return row === undefined ? fail('risk.unknown') : open(row)
    },
    async newest(limit) {
      const rows = await store.documents({ prefix: PREFIX, limit: Math.min(limit, PAGE), newestFirst: true })
      return rows.map((row) => {
        const opened = open(row)
        return opened.ok ? opened.value : { notGenuine: Number(row.id.slice(PREFIX.length)) }
      })
    },
  }
}

/** Ready to be asked. Throws for a feature that this hub does not have: such a set is never put in force. */
export function inForce(version: number, rules: readonly RiskRule[]): RulesInForce {
  // Made of places, numbers and operators alone, which `rules.test.ts` holds it to.
  // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
  const fire = new Function('f', 'fired', rulesAsCode(rules, featureNames)) as CompiledRules
  return { version, rules, fire }
}

/** A set that can be put in force, or what about it cannot be. */
export function checkedRules(rules: readonly unknown[], version: number): Outcome<readonly RiskRule[], 'risk.bad_rules'> {
  const parsed = ruleSet.safeParse({ v: 1, version, rules })
  if (!parsed.success) return fail('risk.bad_rules', z.prettifyError(parsed.error).slice(0, 400))
  const unknown = unknownFeatures(parsed.data.rules, featureNames)
  return unknown.length > 0 ? fail('risk.bad_rules', `no feature is called ${unknown.slice(0, 5).join(', ')}`) : ok(parsed.data.rules)
}
