import type { Carrier } from './carrier.ts'
import type { CatalogueDesk } from '../catalogue/desk.ts'
import type { HubKeys } from '../keys.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { LanesDesk } from '../lanes.ts'
import type { PolicyDesk } from '../policy/desk.ts'
import type { Id } from '#protocol/ids.ts'
import { downTopic, parseTopic, type DownKind } from '#protocol/topics.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

export type LinkPorts = {
  readonly clock: Clock
  readonly carrier: Carrier
  readonly keys: HubKeys
  readonly policies: Pick<PolicyDesk, 'signed' | 'setTills'>
  readonly desk: Pick<CatalogueDesk, 'signed'>
  readonly lanes: Pick<LanesDesk, 'signed'>
  readonly fleet: Pick<Fleet, 'watchFor' | 'offer'>
  /** A batch, as it came. */
  received(till: Id, message: Uint8Array): void
  changed(): void
}

export type LinkState = { readonly state: 'online' | 'offline'; readonly since: EpochMs }

/** Tills as they are reached: which of them are there, their batches in, everything that the hub says to them out. */
export interface HubLink {
  /** Begins to hear. Enrolled tills get their key set, policy and catalogue, retained for when they come. */
  start(tills: readonly Id[]): void
  send(
    till: Id,
    kind: Extract<DownKind, 'ack' | 'decision' | 'refund' | 'chunk' | 'copied' | 'deny' | 'points' | 'addressed' | 'paid' | 'quote' | 'rekeyed'>,
    message: Uint8Array,
  ): void
  /** A till was enrolled just now. */
  add(till: Id): void
  /** Signs policies anew and publishes everything retained again. */
  refresh(): void
  /** Signs policies anew: for these tills, or for all. */
  refreshPolicies(only?: readonly Id[]): void
  /** A till that is gone has no part of the store's cap any more. */
  remove(till: Id): void
  /** To every till. */
  sendAll(kind: 'deny', message: Uint8Array): void
  /** The tills of the store, or its edge, are others now. */
  refreshLanes(): void
  /** What became of its call for help. */
  tellWatch(till: Id): void
  /** Undefined until it was heard of since this hub started. */
  stateOf(till: Id): LinkState | undefined
}

export function createHubLink({ clock, carrier, keys, policies, desk, lanes, fleet, received, changed }: LinkPorts): HubLink {
  const tills = new Set<Id>()
  const states = new Map<Id, LinkState>()

  function configure(till: Id): void {
    carrier.publish(downTopic(till, 'keys'), keys.keySet(), true)
    tellPolicy(till)
    carrier.publish(downTopic(till, 'catalogue'), desk.signed(), true)
    tellLanes(till)
    tellWatch(till)
  }
  function tellWatch(till: Id): void {
    if (tills.has(till)) carrier.publish(downTopic(till, 'watch'), fleet.watchFor(till), true)
  }
  function tellLanes(till: Id): void {
    const signed = lanes.signed()
    if (signed !== undefined) carrier.publish(downTopic(till, 'lanes'), signed, true)
  }
  function tellPolicy(till: Id): void {
    carrier.publish(downTopic(till, 'policy'), policies.signed(till), true)
  }
  function refresh(): void {
    for (const till of tills) configure(till)
  }
  function hear(topic: string, payload: Uint8Array): void {
    const parsed = parseTopic(topic)
    if (parsed === undefined) return
    if (parsed.channel === 'up') return received(parsed.till, payload)
    if (parsed.channel === 'health') return fleet.offer(parsed.till, payload)
    if (parsed.channel !== 'link' || !tills.has(parsed.till)) return
    const state = Buffer.from(payload).toString('latin1') === 'online' ? 'online' : 'offline'
    if (states.get(parsed.till)?.state === state) return
    states.set(parsed.till, { state, since: clock.now() })
    changed()
  }

  return {
    start(known) {
      for (const till of known) tills.add(till)
      policies.setTills(known)
      carrier.onMessage(hear)
      carrier.onConnect(refresh)
    },
    send: (till, kind, message) => carrier.publish(downTopic(till, kind), message, false),
    add(till) {
      tills.add(till)
      policies.setTills([...tills])
      configure(till)
    },
    refresh,
    refreshPolicies(only = [...tills]) {
      for (const till of only) tellPolicy(till)
    },
    remove(till) {
      tills.delete(till)
      policies.setTills([...tills])
    },
    sendAll(kind, message) {
      for (const till of tills) carrier.publish(downTopic(till, kind), message, false)
    },
    refreshLanes() {
      for (const till of tills) tellLanes(till)
    },
    tellWatch,
    stateOf: (till) => states.get(till),
  }
}
