import { isId, type Id } from './ids.ts'
import { PROTOCOL_VERSION } from './version.ts'

/**
 * MQTT topics (MQTT 3.1.1, QoS 1). A till publishes under its own `up`, `health` and `link` and hears only its own `down`: `tillMay` is the rule that the
 * broker enforces. `link` is the till's last will (retained `online` | `offline`); `health` is apart from `up`, so that how tills are never stands in a journal's way.
 */
const PREFIX = `sp/${PROTOCOL_VERSION}/till`

export const downKinds = [
  'ack',
  'decision',
  'refund',
  'keys',
  'policy',
  'catalogue',
  'chunk',
  'lanes',
  'copied',
  'points',
  'addressed',
  'deny',
  'paid',
  'quote',
  'rekeyed',
  'watch',
] as const
export type DownKind = (typeof downKinds)[number]

export const upTopic = (till: Id): string => `${PREFIX}/${till}/up`
export const healthTopic = (till: Id): string => `${PREFIX}/${till}/health`
export const linkTopic = (till: Id): string => `${PREFIX}/${till}/link`
export const downTopic = (till: Id, kind: DownKind): string => `${PREFIX}/${till}/down/${kind}`
export const downFilter = (till: Id): string => `${PREFIX}/${till}/down/+`
/** What the hub subscribes to. */
export const allUpFilter = `${PREFIX}/+/up`
export const allLinkFilter = `${PREFIX}/+/link`
export const allHealthFilter = `${PREFIX}/+/health`

export type Topic = { readonly till: Id; readonly channel: 'up' | 'health' | 'link' | DownKind }

/** Undefined for a topic that is not one of ours. */
export function parseTopic(topic: string): Topic | undefined {
  if (!topic.startsWith(`${PREFIX}/`)) return undefined
  const [till = '', channel = '', kind, ...rest] = topic.slice(PREFIX.length + 1).split('/')
  if (!isId(till) || rest.length > 0) return undefined
  if ((channel === 'up' || channel === 'health' || channel === 'link') && kind === undefined) return { till, channel }
  const down = downKinds.find((known) => known === kind)
  return channel === 'down' && down !== undefined ? { till, channel: down } : undefined
}

export const tillMay = (till: Id, action: 'publish' | 'subscribe', topic: string): boolean =>
  action === 'publish' ? topic === upTopic(till) || topic === healthTopic(till) || topic === linkTopic(till) : topic === downFilter(till)
