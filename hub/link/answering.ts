import type { HubLink } from './hub-link.ts'
import type { CatalogueDesk } from '../catalogue/desk.ts'
import { isWanted, wantedChunk } from '../catalogue/wanted.ts'
import { answerRekey, isRekey, type RekeyingPorts } from '../fleet/rekeying.ts'
import { answerPoints, isPointsQuestion } from '../loyalty/asking.ts'
import { answerHolds, isHolds } from '../policy/asking.ts'
import type { Policies } from '../policy/policies.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'

/** What tills ask beside their journals, and get an answer to at once. */
export interface Answering {
  /** False for what is no such question. */
  hear(till: Id, message: Uint8Array): boolean
  /** A till that repeats itself may have missed the answer about a payment or refund that it still waits with. */
  repeatTo(till: Id): void
  /** Something else that has to be over before this hub may stop. */
  also(work: Promise<void>): void
  idle(): Promise<void>
}

export type AnsweringPorts = RekeyingPorts & {
  readonly store: HubStore
  readonly policies: Policies
  readonly desk: Pick<CatalogueDesk, 'chunk'>
  readonly link: Pick<HubLink, 'send' | 'refreshPolicies'>
}

const MAX_REPEATED_DECISIONS = 20

export function createAnswering(ports: AnsweringPorts): Answering {
  const { crypto, store, policies, desk, link } = ports
  const answers = new Set<Promise<void>>()
  function also(work: Promise<void>): void {
    const ended = work.finally(() => answers.delete(ended))
    answers.add(ended)
  }
  async function sendChunk(till: Id, message: Uint8Array): Promise<void> {
    const chunk = await wantedChunk({ crypto, store, desk: { chunk: (hash) => desk.chunk(hash) ?? policies.denied.chunk(hash) } }, till, message)
    if (chunk !== undefined) link.send(till, 'chunk', chunk)
  }
  async function hearHolds(till: Id, message: Uint8Array): Promise<void> {
    const answered = await answerHolds({ crypto, store, policies: policies.desk, denied: policies.denied }, till, message)
    if (answered === undefined) return
    link.send(till, 'deny', answered.deny)
    link.refreshPolicies(answered.again)
  }
  async function sendRekeyed(till: Id, message: Uint8Array): Promise<void> {
    const rekeyed = await answerRekey(ports, till, message)
    if (rekeyed !== undefined) link.send(till, 'rekeyed', rekeyed)
  }
  async function sendPoints(till: Id, message: Uint8Array): Promise<void> {
    const points = await answerPoints(ports, till, message)
    if (points !== undefined) link.send(till, 'points', points)
  }
  async function repeat(till: Id): Promise<void> {
    for (const decision of await store.openDecisions(till, MAX_REPEATED_DECISIONS)) link.send(till, 'decision', decision)
    for (const decision of await store.openRefundDecisions(till, MAX_REPEATED_DECISIONS)) link.send(till, 'refund', decision)
  }

  return {
    hear(till, message) {
      if (isWanted(message)) also(sendChunk(till, message))
      else if (isHolds(message)) also(hearHolds(till, message))
      else if (isRekey(message)) also(sendRekeyed(till, message))
      else if (isPointsQuestion(message)) also(sendPoints(till, message))
      else return false
      return true
    },
    repeatTo: (till) => also(repeat(till)),
    also,
    idle: async () => void (await Promise.all(answers)),
  }
}
