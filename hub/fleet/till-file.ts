import { actsOf, otherKeys } from './till-keys.ts'
import type { PolicyDesk } from '../policy/desk.ts'
import type { Shop } from '../shop.ts'
import type { Head, HubStore } from '../store/hub-store.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import type { TillFile, TillKeyView } from '#protocol/hub-api/tills.ts'
import { isId } from '#protocol/ids.ts'
import type { Clock } from '#protocol/time.ts'

export type TillFilePorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Crypto
  readonly store: HubStore
  readonly shop: Pick<Shop, 'currency'>
  readonly policies: Pick<PolicyDesk, 'inHandsOf'>
  safeOf(head: Head | undefined): Promise<number>
}

/** Through these many of the newest exceptions of one epoch is looked for what was set aside since a key was revoked. */
const MAX_SET_ASIDE = 1000

/** Everything that a person has to know who decides what becomes of a till. Undefined for a till that is none. */
export async function tillFile({ clock, crypto, store, shop, policies, safeOf }: TillFilePorts, id: string): Promise<TillFile | undefined> {
  const [till] = isId(id) ? await store.get('tills', [id]) : []
  if (till === undefined) return undefined
  const [head] = await store.get('heads', [till.id])
  const { publicKey, enrolledAt, revokedAt, codeExpiresAt } = till
  const nameOf = (key: string): string => hex(keyIdOf(crypto, unhex(key) ?? new Uint8Array(0)))
  const all = await otherKeys(store, till.id)
  const others = all.filter((key) => key.publicKey !== publicKey)
  const rekeyedAt = all.find((key) => key.publicKey === publicKey)?.since
  const own: TillKeyView[] =
    publicKey === undefined
      ? []
      : [
          {
            keyId: nameOf(publicKey),
            state: revokedAt === undefined ? 'current' : 'lost',
            since: rekeyedAt ?? enrolledAt ?? till.registeredAt,
            ...(revokedAt !== undefined && { until: revokedAt }),
          },
        ]
  const kept = others.map(({ publicKey: key, state, since, until }) => ({ keyId: nameOf(key), state, since, ...(until !== undefined && { until }) }))
  const alone = policies.inHandsOf(till.id)
  const exceptions = await store.exceptionsOf(till.id, head?.epoch ?? 1, MAX_SET_ASIDE)
  return {
    id: till.id,
    name: till.name,
    state: revokedAt !== undefined ? 'revoked' : publicKey === undefined ? 'awaited' : 'in use',
    ...(codeExpiresAt !== undefined && codeExpiresAt > clock.now() && { codeUntil: codeExpiresAt }),
    keys: [...kept, ...own],
    stands: { epoch: head?.epoch ?? 1, received: head?.n ?? 0, safe: await safeOf(head), ...(head && { receivedAt: head.receivedAt }) },
    ...(alone && { alone: { ...alone, currency: shop.currency } }),
    setAside: exceptions.filter(({ code }) => code === 'custody.revoked').length,
    acts: await actsOf(store, till.id),
  }
}
