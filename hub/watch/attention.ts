import type { BankDesk } from '../bank/desk.ts'
import type { Hub } from '../hub.ts'
import type { HubStore } from '../store/hub-store.ts'
import { endpointsDisabled } from '../webhooks/endpoints.ts'
import { MAX_COUNTED, type AttentionView } from '#protocol/hub-api/watch.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

export type AttentionPorts = {
  readonly hub: Pick<Hub, 'settlement' | 'policy' | 'risk' | 'merchants'>
  readonly store: HubStore
  readonly clock: Pick<Clock, 'now'>
  readonly desk: Pick<BankDesk, 'state'> | undefined
}

/** What waits for somebody, and since when the oldest of it does. */
export async function attention({ hub, store, clock, desk }: AttentionPorts): Promise<AttentionView> {
  const { payouts, claims } = hub.settlement
  const [proposed, rejected, returned, owed, off, bank, policy, cases] = await Promise.all([
    payouts.list({ state: 'proposed', limit: MAX_COUNTED }),
    payouts.list({ state: 'rejected', limit: MAX_COUNTED }),
    payouts.list({ state: 'returned', limit: MAX_COUNTED }),
    claims.list(MAX_COUNTED),
    endpointsDisabled(store, MAX_COUNTED),
    desk?.state(),
    hub.policy.state(),
    hub.risk?.cases.list({ open: true, limit: MAX_COUNTED }),
  ])
  const found = [
    counted(
      'payoutsToApprove',
      proposed.map(({ createdAt }) => createdAt),
    ),
    counted(
      'merchantsToAgree',
      (await hub.merchants.proposed(MAX_COUNTED)).map(({ at }) => at),
    ),
    counted(
      'payoutsBack',
      [...rejected, ...returned].map(({ createdAt }) => createdAt),
    ),
    counted(
      'claims',
      owed.filter(({ state }) => state === 'open').map(({ openedAt }) => openedAt),
    ),
    counted('bankLines', bank?.open.map(() => undefined) ?? []),
    counted('bankIncidents', bank?.incidents.map(({ at }) => at) ?? []),
    counted(
      'webhooksOff',
      off.map(({ disabledAt }) => disabledAt),
    ),
    counted('riskDrift', hub.risk?.models.alerts().map(() => undefined) ?? []),
  ]
  const heldMinor = (cases ?? []).reduce((sum, one) => sum + one.heldMinor, 0)
  const since = Math.min(...(cases ?? []).map(({ openedAt }) => openedAt))
  return {
    at: clock.now(),
    concerns: found.filter(({ count }) => count > 0),
    policy: { currency: policy.currency, worstMinor: policy.worst.lossMinor },
    ...(cases !== undefined && cases.length > 0 && { risk: { cases: cases.length, heldMinor, since } }),
  }
}

function counted(what: AttentionView['concerns'][number]['what'], times: readonly (EpochMs | undefined)[]): AttentionView['concerns'][number] {
  const known = times.filter((at) => at !== undefined)
  return { what, count: times.length, ...(known.length > 0 && { since: Math.min(...known) }) }
}
