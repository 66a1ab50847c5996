import { signedTypes, type SignedType } from '#protocol/cose.ts'
import { downKinds, downTopic, healthTopic, linkTopic, upTopic, type DownKind } from '#protocol/topics.ts'
import { PROTOCOL_VERSION } from '#protocol/version.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
/** `types`: of the COSE_Sign1 envelope; none: bytes of another kind. `retained`: the broker keeps the last one for a till that comes later. */
type Told = { readonly summary: string; readonly types: readonly SignedType[]; readonly retained: boolean }

const now = (summary: string, ...types: readonly SignedType[]): Told => ({ summary, types, retained: false })
const kept = (summary: string, ...types: readonly SignedType[]): Told => ({ summary, types, retained: true })

/** Does not compile without a word for each topic. */
const down: Readonly<Record<DownKind, Told>> = {
  ack: now('Custody: which entry the hub has, and what it was told too early or in doubt', signedTypes.ack),
  decision: now('The answer to an intent: held, or why not', signedTypes.decision),
  refund: now('The answer to a request for a refund', signedTypes.refund),
  keys: kept('The hub’s keys, signed by the root', signedTypes.keySet),
  policy: kept('What this till may do alone', signedTypes.policy),
  catalogue: kept('What is sold: names its parts by their hashes', signedTypes.catalogue),
  chunk: now('A part that the till asked for; its hash is what the till was told by a signature'),
  lanes: kept('Which machine is the edge of the store, and who stands beside it', signedTypes.lanes),
  copied: now('A copy of a neighbour’s journal is in custody', signedTypes.copied),
  points: now('How many points a customer has', signedTypes.points),
  addressed: now('What became of receipts that are to be sent', signedTypes.addressed),
  deny: now('What was blocked since, or all of it', signedTypes.deny),
  paid: now('A phone paid for what this till shows', signedTypes.paid),
  quote: now('What a wallet in another currency would pay for what this till shows', signedTypes.quote),
  rekeyed: now('The key that the till wants to sign with is certified', signedTypes.rekeyed),
  watch: kept('That the hub wants to hear how the till is, and what became of a call for help', signedTypes.watch),
}
const up = now(
  'What a till says: entries of its journal, and what it asks',
  signedTypes.batch,
  signedTypes.wanted,
  signedTypes.holds,
  signedTypes.addressKey,
  signedTypes.pointsAsked,
  signedTypes.rekey,
)
const health = now('How a till is: versions, clock, disk, devices, the way of an update, and whether somebody there calls for help', signedTypes.health)
const PARAMETER = '{till}'

/** AsyncAPI 3.0 of what goes over MQTT between tills and their hub, made from the names that both use. From the hub's side: it sends what is `down`. */
export function asyncApiDocument(): { readonly [name: string]: Json } {
  const channels: Record<string, Json> = {
    up: channel(upTopic(PARAMETER), up),
    health: channel(healthTopic(PARAMETER), health),
    link: {
      address: linkTopic(PARAMETER),
      parameters: TILL,
      messages: { link: { contentType: 'text/plain', payload: { type: 'string', enum: ['online', 'offline'] } } },
    },
  }
  const operations: Record<string, Json> = {
    hearUp: operation('receive', 'up', false, up.summary),
    hearHealth: operation('receive', 'health', false, health.summary),
    hearLink: operation('receive', 'link', true, 'Whether a till is there: said by itself, and by its last will'),
  }
  for (const kind of downKinds) {
    channels[kind] = channel(downTopic(PARAMETER, kind), down[kind])
    operations[`send${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`] = operation('send', kind, down[kind].retained, down[kind].summary)
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Stillpoint, tills and hub over MQTT',
      version: String(PROTOCOL_VERSION),
      description: 'MQTT 3.1.1, QoS 1. No guarantee rests on the broker: what is durable, in order and once is said by the signed messages themselves.',
    },
    defaultContentType: COSE,
    channels,
    operations,
  }
}

const COSE = 'application/cose; cose-type="cose-sign1"'
const TILL: Json = { till: { description: 'Id of the till, a UUIDv7. Each till publishes and hears only its own' } }

const channel = (address: string, { types }: Told): Json => ({
  address,
  parameters: TILL,
  messages:
    types.length === 0
      ? { bytes: { contentType: 'application/octet-stream' } }
      : Object.fromEntries(types.map((type) => [type.replace('?', '-asked'), message(type)])),
})
const message = (type: SignedType): Json => ({ name: type, title: `COSE_Sign1 (RFC 9052) of type ${type}`, contentType: COSE })
const operation = (action: 'send' | 'receive', name: string, retain: boolean, summary: string): Json => ({
  action,
  channel: { $ref: `#/channels/${name}` },
  summary,
  bindings: { mqtt: { qos: 1, retain, bindingVersion: '0.2.0' } },
})
