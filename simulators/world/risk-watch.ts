import type { RiskRule } from '#protocol/risk/rules.ts'
import { rulesAsClosures } from '#protocol/risk/rules.ts'
import { caseDocument, readCase, type CaseAct } from '../../hub/risk/case.ts'
import { featureNames } from '../../hub/risk/features.ts'
import type { Judgement } from '../../hub/risk/judgement.ts'
import { decodeRecord } from '../../hub/risk/record.ts'
import type { Changes, HubStore } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { RunningHub } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What risk decides in a world, and what becomes of it. */
export const riskMoves = [
  'approve',
  'challenge',
  'review',
  'decline',
  'taken alone',
  'held',
  'released',
  'given back',
  'proposed',
  'noted',
  'label',
  'expired',
] as const
type RiskMove = (typeof riskMoves)[number]

/** No model: what is looked for here is lost decisions and money, and not fraud. Whoever pays large sums often gets more of everything. */
const rules: RiskRule[] = [
  {
    id: 'often',
    says: 'Often',
    outcome: 'challenge',
    when: {
      all: [
        { feature: 'card_count_1h', above: 2 },
        { feature: 'amount', above: 300 },
      ],
    },
  },
  {
    id: 'larger',
    says: 'Larger',
    outcome: 'review',
    when: {
      all: [
        { feature: 'card_count_1h', above: 1 },
        { feature: 'amount', above: 500 },
      ],
    },
  },
  {
    id: 'large_and_often',
    says: 'Large and often',
    outcome: 'decline',
    when: {
      all: [
        { feature: 'card_count_1h', above: 6 },
        { feature: 'amount', above: 900 },
      ],
    },
  },
]
export const worldJudgement: Judgement = { rules: { version: 1, rules, fire: rulesAsClosures(rules, featureNames) }, model: undefined, listed: () => undefined }

export function riskMovesOf({ riskLog = [], documents = [], transfers = [] }: Changes): RiskMove[] {
  const logged = riskLog.flatMap(({ body }): RiskMove[] => {
    const record = decodeRecord(body)
    return record.kind === 'label' ? ['label'] : record.wasTaken ? [record.outcome, 'taken alone'] : [record.outcome]
  })
  const said = documents.flatMap((row): RiskMove[] => {
    if (!row.id.startsWith('risk-case/')) return []
    const { state, steps } = readCase(row)
    const last = steps.at(-1)?.event
    return state === 'proposed' ? ['proposed'] : last === 'note' ? ['noted'] : last === 'expired' ? ['expired'] : []
  })
  const moved = transfers.flatMap(({ id, version }): RiskMove[] => {
    if (version !== 0 || !id.startsWith('review/')) return []
    return [id.endsWith('/held') ? 'held' : id.endsWith('/released') ? 'released' : 'given back']
  })
  return [...logged, ...said, ...moved]
}

const events = ['assign', 'note', 'evidence', 'decide', 'decide', 'decide', 'agree', 'agree', 'refuse'] as const

/** People look into cases at any time, contradict each other, and say things twice. */
export async function workOnCases({ hub }: Pick<RunningHub, 'hub'>, random: Random): Promise<void> {
  const cases = hub.risk?.cases
  if (hub.risk === undefined || cases === undefined) return
  const { version, at: _at, by: _by, ...settings } = hub.risk.desk.settings
  if (version === 0 || random.chance(0.05)) await hub.risk.desk.set({ ...settings, secondPersonAboveMinor: random.pick([6_00, 6_00, 100_00]) }, 'ann')
  const [open, closed] = [await cases.list({ open: true, limit: 20 }), await cases.list({ open: false, limit: 5 })]
  const known = [...open, ...open, ...closed]
  if (known.length === 0) return
  const { payment } = random.pick(known)
  const by = random.pick(['ann', 'bob'])
  const outcome = random.pick(['legitimate', 'fraud'] as const)
  const event = random.pick(events)
  const words = random.pick(['one', 'two'])
  const act: CaseAct =
    event === 'assign'
      ? { event, by, to: by }
      : event === 'agree'
        ? { event, by, outcome }
        : event === 'decide'
          ? { event, by, words, outcome }
          : { event, by, words }
  for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) await cases.act(payment, act)
}

/** Counts again, from raw rows: no decision is lost or made twice, what was refused holds nothing, and what is held of a case is what lies in its account. */
export function checkRisk({ rows, riskLog }: MemoryDisk, trace: Trace): void {
  const decided = new Map<string, string>()
  for (const [k, { seq, body }] of riskLog.entries()) {
    if (seq !== k + 1) trace.violation(14, `the risk log has ${seq} at its place ${k + 1}`)
    const record = decodeRecord(body)
    if (record.kind === 'label') continue
    if (decided.has(record.payment)) trace.violation(2, `risk decided twice about payment ${record.payment}`)
    decided.set(record.payment, record.outcome)
  }
  for (const { id, risk, riskSeq, verdict, capturedMinor, funds } of rows.payments.values()) {
    const own = riskSeq === undefined ? undefined : riskLog[riskSeq - 1]
    if (risk !== decided.get(id) || (risk === undefined) !== (own === undefined))
      trace.violation(14, `payment ${id} says ${risk}, the risk log ${decided.get(id)}`)
    const isRefused = verdict === 'risk.declined' || verdict === 'risk.confirm'
    if (isRefused && capturedMinor === 0 && (funds === 'held' || funds === 'posted'))
      trace.violation(5, `payment ${id} was refused for risk, and its money is ${funds}`)
    // A till that had given goods for it by then, or would not hear, is paid: and somebody looks.
    if (isRefused && capturedMinor > 0 && !rows.documents.has(caseDocument(id)))
      trace.violation(5, `payment ${id} was captured in spite of ${verdict}, and nobody was told`)
  }
  const balances = new Map<string, bigint>()
  for (const { id, debit, credit, amount } of rows.transfers.values()) {
    if (!id.startsWith('review/')) continue
    if (credit.startsWith('review/')) balances.set(credit, (balances.get(credit) ?? 0n) + amount)
    if (debit.startsWith('review/')) balances.set(debit, (balances.get(debit) ?? 0n) - amount)
  }
  for (const [account, balance] of balances) {
    const row = rows.documents.get(`risk-case/${account.slice('review/'.length)}`)
    const held = row === undefined ? undefined : readCase(row).heldMinor
    if (held === undefined || BigInt(held) !== balance) trace.violation(12, `${account} has ${balance}, and its case says ${held}`)
  }
}

/** A bug for the simulation to find: a decision is not written down with the payment that it was about. */
export function forgetsDecisions(store: HubStore): HubStore {
  return { ...store, commit: ({ riskLog: _gone, ...changes }) => store.commit(changes) }
}
