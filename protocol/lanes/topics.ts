import { isId, type Id } from '../ids.ts'
import { PROTOCOL_VERSION } from '../version.ts'

/**
 * Topics at a store's edge (MQTT 3.1.1, QoS 1). A till publishes under its own name only and hears what its store's tills say to all (`lane`) or to it (`copy`);
 * `settings` are the hub's signed documents, which it passes on to the edge.
 */
const prefix = (store: Id): string => `sp/${PROTOCOL_VERSION}/store/${store}`

export const laneTopic = (store: Id, from: Id): string => `${prefix(store)}/till/${from}/lane`
export const copyTopic = (store: Id, from: Id, to: Id): string => `${prefix(store)}/till/${from}/copy/${to}`
export const settingsTopic = (store: Id, from: Id, kind: 'keys' | 'lanes'): string => `${prefix(store)}/till/${from}/settings/${kind}`
export const laneFilters = (store: Id, till: Id): readonly string[] => [`${prefix(store)}/till/+/lane`, `${prefix(store)}/till/+/copy/${till}`]

export type LaneTopic = { readonly store: Id; readonly from: Id } & (
  | { readonly channel: 'lane' }
  | { readonly channel: 'copy'; readonly to: Id }
  | { readonly channel: 'settings'; readonly kind: 'keys' | 'lanes' }
)

/** Undefined for a topic that is not one of a store. */
export function parseLaneTopic(topic: string): LaneTopic | undefined {
  const [sp, version, stores, store = '', tills, from = '', channel, last = '', ...rest] = topic.split('/')
  const isOurs = sp === 'sp' && version === String(PROTOCOL_VERSION) && stores === 'store' && tills === 'till' && rest.length === 0
  if (!isOurs || !isId(store) || !isId(from)) return undefined
  if (channel === 'lane' && last === '') return topic.endsWith('/lane') ? { store, from, channel } : undefined
  if (channel === 'copy' && isId(last)) return { store, from, channel, to: last }
  return channel === 'settings' && (last === 'keys' || last === 'lanes') ? { store, from, channel, kind: last } : undefined
}

/** The rule that an edge enforces. */
export const laneMay = (store: Id, till: Id, action: 'publish' | 'subscribe', topic: string): boolean => {
  if (action === 'subscribe') return laneFilters(store, till).includes(topic)
  const parsed = parseLaneTopic(topic)
  return parsed?.store === store && parsed.from === till
}
