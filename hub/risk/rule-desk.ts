import { z } from 'zod'
import { celEnvironment, conditionOf, MAX_CEL_CHARS } from './cel.ts'
import { dryRun } from './dry-run.ts'
import { featureNames } from './features.ts'
import type { PastDecisions } from './known.ts'
import type { RulesInForce } from './judgement.ts'
import { createListed, type Listed } from './listed.ts'
import { checkedRules, createRuleSets, inForce, type RuleSetsPorts, type SignedSet } from './rule-sets.ts'
import type { HubStore } from '../store/hub-store.ts'
import { base64url, utf8 } from '#protocol/bytes.ts'
import type { DryRunShown, RulesState } from '#protocol/hub-api/risk-rules.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MAX_RULES, riskRule, type RiskRule } from '#protocol/risk/rules.ts'
import { DAY, type Clock, type DurationMs } from '#protocol/time.ts'

/** As somebody edits it: either an expression, which says what the condition is, or a condition that was put together. */
export const draftRule = riskRule.extend({ cel: z.string().max(MAX_CEL_CHARS).optional(), when: riskRule.shape.when.optional() })
export const draftRules = z.array(draftRule).max(MAX_RULES)
export type DraftRule = z.infer<typeof draftRule>

export type RuleDeskPorts = Omit<RuleSetsPorts, 'store'> & {
  readonly store: Pick<HubStore, 'commit' | 'documents' | 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly currency: Currency
  readonly past: PastDecisions
  /** Other rules judge from now on. */
  changed(): void
  warn(line: string): void
}

export type RulesCode = 'risk.bad_expression' | 'risk.bad_rules' | 'risk.changed' | 'risk.unknown' | 'risk.busy' | 'till.disk_full'

/** The rules that people set: tried out on what was, signed, put in force, and taken back. */
export interface RuleDesk {
  /** Reads what is in force. A set that is not genuine is passed over, for the newest one that is, and said so. */
  start(): Promise<void>
  readonly inForce: RulesInForce
  readonly listed: Listed
  /** Of any version that was ever in force. */
  version(version: number): Promise<RulesInForce | undefined>
  state(): Promise<RulesState>
  /** What these would have said over the last weeks, beside those in force. Nothing is changed; the digest it ends with is what can be put in force. */
  tryOut(draft: readonly DraftRule[]): Promise<Outcome<DryRunShown, RulesCode>>
  /** Puts in force what was tried out under this digest, unless other rules were meanwhile. */
  putInForce(digest: string, by: string, note: string): Promise<Outcome<void, RulesCode>>
  /** An earlier set holds again, as a version of its own: versions only rise. */
  takeBack(to: number, by: string, note: string): Promise<Outcome<void, RulesCode>>
}

/** Over so much of the past. */
const TRIED_OVER: DurationMs = 30 * DAY
/** Whoever looks longer at a result tries again. */
const REMEMBERED = 20
const LISTED = 200
const VERSIONS = 20

export function createRuleDesk(ports: RuleDeskPorts): RuleDesk {
  const { store, clock, crypto, currency, past, changed, warn } = ports
  const sets = createRuleSets(ports)
  const listed = createListed({ store, clock })
  const environment = celEnvironment(featureNames)
  let current = inForce(0, [])
  let isTrying = false
  /** By digest: what was tried out, when these rules were in force. */
  const tried = new Map<string, { readonly rules: readonly RiskRule[]; readonly over: number }>()

  /** Expressions become what they mean: whatever a page says that they do. */
  function translated(draft: readonly DraftRule[], version: number): Outcome<readonly RiskRule[], RulesCode> {
    const rules: unknown[] = []
    for (const rule of draft) {
      if (rule.cel === undefined) {
        rules.push(rule)
        continue
      }
      const when = conditionOf(environment, rule.cel)
      if (!when.ok) return fail(when.code, `${rule.id}: ${when.detail ?? ''}`)
      rules.push({ ...rule, when: when.value })
    }
    return checkedRules(rules, version)
  }

  async function sign(rules: readonly RiskRule[], over: number, by: string, note: string): Promise<Outcome<void, RulesCode>> {
    if (over !== current.version) return fail('risk.changed')
    // Above one that is not genuine, too: its number is taken.
    const [newest] = await sets.newest(1)
    const last = newest === undefined ? 0 : 'notGenuine' in newest ? newest.notGenuine : newest.set.version
    const set: SignedSet = { set: { v: 1, version: last + 1, rules: [...rules] }, at: clock.now(), by, note }
    const committed = await store.commit({ documents: [sets.row(set)] })
    if (committed !== 'done') return fail(committed === 'full' ? 'till.disk_full' : 'risk.changed')
    current = inForce(set.set.version, rules)
    changed()
    return ok(undefined)
  }

  return {
    async start() {
      await listed.start()
      for (const set of await sets.newest(VERSIONS)) {
        if ('notGenuine' in set) {
          warn(`risk rules ${set.notGenuine}: not signed by this hub, and not used`)
          continue
        }
        const checked = checkedRules(set.set.rules, set.set.version)
        if (checked.ok) {
          current = inForce(set.set.version, checked.value)
          return
        }
        warn(`risk rules ${set.set.version}: ${checked.detail ?? checked.code}, not used`)
      }
    },
    get inForce() {
      return current
    },
    listed,
    async version(version) {
      if (version === 0) return inForce(0, [])
      const found = await sets.find(version)
      return found.ok ? inForce(version, found.value.set.rules) : undefined
    },
    async state() {
      const versions = await sets.newest(VERSIONS)
      return {
        version: current.version,
        rules: current.rules,
        versions: versions.flatMap((one) =>
          'notGenuine' in one ? [] : [{ version: one.set.version, at: one.at, by: one.by, note: one.note, rules: one.set.rules.length }],
        ),
        lists: listed.newest(LISTED),
        features: featureNames,
      }
    },
    async tryOut(draft) {
      const over = current
      const rules = translated(draft, over.version + 1)
      if (!rules.ok) return rules
      // What was taken this very moment, too.
      const until = clock.now() + 1
      // It goes over a month: one after the other would keep the hub from its payments.
      if (isTrying) return fail('risk.busy')
      isTrying = true
      const period = { since: until - TRIED_OVER, until, currency }
      const [proposed, now] = await dryRun([inForce(over.version + 1, rules.value), over], past, period).finally(() => (isTrying = false))
      if (proposed === undefined || now === undefined) return fail('risk.bad_rules')
      const digest = base64url(crypto.sha256(utf8(JSON.stringify([over.version, rules.value, proposed]))))
      tried.set(digest, { rules: rules.value, over: over.version })
      for (const oldest of [...tried.keys()].slice(0, -REMEMBERED)) tried.delete(oldest)
      return ok({ rules: rules.value, proposed, now, digest })
    },
    async putInForce(digest, by, note) {
      const one = tried.get(digest)
      return one === undefined ? fail('risk.changed', 'it was not tried out lately') : await sign(one.rules, one.over, by, note)
    },
    async takeBack(to, by, note) {
      const over = current.version
      if (to === 0) return await sign([], over, by, note)
      const found = await sets.find(to)
      if (!found.ok) return fail('risk.unknown', found.detail)
      // It may be from before a feature was taken away.
      const checked = checkedRules(found.value.set.rules, over + 1)
      return checked.ok ? await sign(checked.value, over, by, note) : checked
    },
  }
}
