import { createCases, type Cases } from './cases.ts'
import { createRiskDesk, type RiskDesk } from './desk.ts'
import type { RiskKeeping } from './keeping.ts'
import { explain } from './explain.ts'
import type { EarlierJudgements, Judgement } from './judgement.ts'
import type { PastDecisions } from './known.ts'
import { createModelDesk, type ModelDesk } from './model-desk.ts'
import { pastDecisions } from './past.ts'
import { createRuleDesk, type RuleDesk } from './rule-desk.ts'
import { createTuning } from './tuning.ts'
import { trainInThread, type Train } from './training-thread.ts'
import type { HubKeys } from '../keys.ts'
import type { Shopkeeper } from '../intake/desk.ts'
import type { HubStore, Payment } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { RiskExplanation } from '#protocol/hub-api/risk-cases.ts'
import type { Clock, Timers } from '#protocol/time.ts'

/** What a hub that thinks about payments is given beside everything else. */
export type RiskOptions = {
  /** Missing: a start reads the whole log. */
  readonly kept?: RiskKeeping | undefined
  /** In place of the rules and models that people put in force: for worlds that know what they want to be told. */
  readonly judgement?: Judgement | undefined
  /** Where models are trained, if not in a thread of their own. */
  readonly train?: Train | undefined
}

export interface Risk {
  readonly desk: RiskDesk
  readonly cases: Cases
  readonly past: PastDecisions
  readonly rules: RuleDesk
  readonly models: ModelDesk
  readonly earlier: EarlierJudgements
  /** Why a payment was decided so; undefined: risk was not asked about it. */
  explain(payment: string): Promise<RiskExplanation | undefined>
  /** Of one wallet, the newest first. */
  paymentsOf(wallet: string, limit: number): Promise<readonly Payment[]>
  start(): Promise<void>
  /** Looks whether something is due. */
  wake(): void
  /** Nothing may be settling any more. */
  stop(): Promise<void>
}

type Ports = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Shopkeeper
  changed(): void
  warn(line: string): void
}

export function createRisk(ports: Ports, { kept, judgement, train = trainInThread }: RiskOptions): Risk {
  const { clock, store, shop } = ports
  const past = pastDecisions(store, clock)
  const rules = createRuleDesk({ ...ports, currency: shop.currency, past })
  const models = createModelDesk({ ...ports, past, train })
  const inForce: Judgement = judgement ?? {
    get rules() {
      return rules.inForce
    },
    get model() {
      return models.champion
    },
    listed: (kind, key, at) => rules.listed.word(kind, key, at),
  }
  const earlier: EarlierJudgements = { rules: (version) => rules.version(version), model: (version) => models.version(version) }
  const desk = createRiskDesk({ ...ports, judgement: inForce, kept })
  const tuning = createTuning({ ...ports, desk, judgement: inForce })
  const cases = createCases({ ...ports, settings: () => desk.settings })
  return {
    desk,
    cases,
    past,
    rules,
    models,
    earlier,
    explain: (payment) => explain(store, earlier, payment),
    paymentsOf: (wallet, limit) => store.paymentsOf(wallet, limit),
    async start() {
      await rules.start()
      await models.start()
      await desk.engine()
      cases.wake()
    },
    wake() {
      cases.wake()
      if (judgement !== undefined) return
      models.wake()
      tuning.wake()
    },
    async stop() {
      await cases.stop()
      await models.stop()
      await tuning.idle()
      await desk.keep()
    },
  }
}
