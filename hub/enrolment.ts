import { z } from 'zod'
import { actRow, endOfKey, keyRow, otherKey, otherKeys } from './fleet/till-keys.ts'
import type { HubKeys } from './keys.ts'
import type { Carrier } from './link/carrier.ts'
import type { CatalogueDesk } from './catalogue/desk.ts'
import type { PolicyDesk } from './policy/desk.ts'
import type { Shop } from './shop.ts'
import type { HubStore, Till } from './store/hub-store.ts'
import { base64url, equalBytes, hex, unbase64url, unhex, utf8, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import { enrolmentCode, enrolRequest, openSigned, type EnrolAnswer, type MqttAccess } from '#protocol/hub/messages.ts'
import { isId, makeId, type Id } from '#protocol/ids.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, MINUTE, type Clock, type EpochMs } from '#protocol/time.ts'

/**
 * How a till becomes known: a person registers it and gets a one-time code; the till makes its own key, proves that it holds it and brings
 * the code; the root key signs that the key is this till's. The code names the root key, so the till knows the hub as the hub knows the till.
 */
export type EnrolmentPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: HubStore
  readonly keys: HubKeys
  readonly shop: Shop
  readonly desk: Pick<CatalogueDesk, 'signed'>
  readonly policies: Pick<PolicyDesk, 'signed' | 'leaveBehind'>
  /** Where tills connect, and with what. */
  readonly carrier: Pick<Carrier, 'url' | 'webSocketUrl' | 'certificatesFor'>
}

export interface Enrolment {
  /**
   * For a till that was lost or stolen: what its key signs from now on is set aside unread, and so is what a key would sign that it had certified and not used
   * yet. What the hub has of it stays, with its signatures.
   */
  revoke(till: string, by: string, why?: string): Promise<Outcome<void, 'custody.unknown_till' | 'till.disk_full'>>
  register(name: string, by: string): Promise<Outcome<NewTill, 'till.disk_full'>>
  /** Another code, and no other counts: for a till that has not enrolled, or for the machine that goes on in a revoked till's place, in its next epoch. */
  renewCode(till: string, by: string): Promise<Outcome<NewTill, 'custody.unknown_till' | 'entry.illegal_transition' | 'till.disk_full'>>
  /** `body` is what came over HTTP, unchecked. */
  enrol(body: unknown): Promise<Outcome<{ readonly till: Id; readonly answer: EnrolAnswer }, 'enrol.bad_code' | 'wire.malformed' | 'till.disk_full'>>
}

const MAX_STALE_COMMITS = 20
const CODE_LIFETIME = 1 * DAY
/** Crockford's base 32: no I, L, O or U, which people misread. 16 of them are 80 bits. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SECRET_CHARS = 16
/** Wrong codes that are looked at in a minute, from everybody together. The rest is refused unseen. */
const MAX_FAILURES = 20
const FAILURE_WINDOW = MINUTE

export function createEnrolment(ports: EnrolmentPorts): Enrolment {
  const { clock, crypto, store, keys, shop } = ports
  let failures = { since: clock.monotonic(), count: 0 }

  function refuse(detail: string) {
    failures.count++
    return fail('enrol.bad_code', detail)
  }
  function tooMany(): boolean {
    if (clock.monotonic() - failures.since > FAILURE_WINDOW) failures = { since: clock.monotonic(), count: 0 }
    return failures.count >= MAX_FAILURES
  }

  const isKnownKey = async (till: Id, publicKey: string): Promise<boolean> => (await otherKeys(store, till)).some((key) => key.publicKey === publicKey)
  function newCode(now: EpochMs) {
    const secret = [...crypto.randomBytes(SECRET_CHARS)].map((byte) => CROCKFORD.charAt(byte % 32)).join('')
    return { code: enrolmentCode(secret, keys.root.keyId), codeHash: hex(crypto.sha256(utf8(secret))), codeExpiresAt: now + CODE_LIFETIME }
  }

  return {
    async revoke(id, by, why) {
      for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
        const [till] = isId(id) ? await store.get('tills', [id]) : []
        if (till === undefined) return fail('custody.unknown_till')
        if (till.revokedAt !== undefined) return ok(undefined)
        const at = clock.now()
        const revoked: Till = { ...till, revokedAt: at, passwordHash: undefined, codeHash: undefined, codeExpiresAt: undefined }
        const unused = (await otherKeys(store, till.id)).filter(({ state }) => state === 'next')
        const committed = await store.commit({
          tills: [revoked],
          documents: [
            ...unused.map((key) => keyRow(crypto, { ...key, state: 'lost', until: at })),
            actRow(till, { at, act: 'revoked', by, ...(why && { why }) }),
          ],
        })
        if (committed === 'full') return fail('till.disk_full')
        if (committed === 'done') return ok(undefined)
      }
      invariant(false, 'a revocation commits in the end')
    },
    async register(name, by) {
      const now = clock.now()
      const { code, ...hashed } = newCode(now)
      const till: Till = {
        id: makeId(now, crypto.randomBytes(10)),
        version: 0,
        name,
        registeredAt: now,
        ...hashed,
        publicKey: undefined,
        passwordHash: undefined,
        enrolledAt: undefined,
        revokedAt: undefined,
      }
      const committed = await store.commit({ tills: [till], documents: [actRow(till, { at: now, act: 'registered', by })] })
      if (committed !== 'done') return fail('till.disk_full')
      return ok({ till: till.id, code, expiresAt: hashed.codeExpiresAt })
    },
    async renewCode(id, by) {
      for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
        const [till] = isId(id) ? await store.get('tills', [id]) : []
        if (till === undefined) return fail('custody.unknown_till')
        if (till.publicKey !== undefined && till.revokedAt === undefined) return fail('entry.illegal_transition', 'its key counts: revoke it first')
        const at = clock.now()
        const { code, ...hashed } = newCode(at)
        const committed = await store.commit({ tills: [{ ...till, ...hashed }], documents: [actRow(till, { at, act: 'code', by })] })
        if (committed === 'full') return fail('till.disk_full')
        if (committed === 'done') return ok({ till: till.id, code, expiresAt: hashed.codeExpiresAt })
      }
      invariant(false, 'a code is kept in the end')
    },

    async enrol(body) {
      if (tooMany()) return fail('enrol.bad_code', 'too many wrong codes; wait a minute')
      const proof = readProof(crypto, body)
      if (!proof.ok) return proof
      const till = findByCode(await store.tills(), crypto.sha256(utf8(proof.value.secret)), clock.now())
      if (till === undefined) return refuse('wrong, used or expired')

      const now = clock.now()
      const password = base64url(crypto.randomBytes(32))
      const enrolled: Till = {
        ...till,
        publicKey: proof.value.publicKey,
        passwordHash: passwordHash(crypto, password),
        enrolledAt: now,
        revokedAt: undefined,
        codeHash: undefined,
        codeExpiresAt: undefined,
      }
      const { publicKey, revokedAt } = till
      if (publicKey === proof.value.publicKey) return refuse('the key that was revoked')
      const lost = revokedAt === undefined ? undefined : await endOfKey(ports, till, 'lost', revokedAt)
      if (lost !== undefined && (await isKnownKey(till.id, proof.value.publicKey))) return refuse('a key that this till has had')
      // Before this machine has a policy: whatever the lost one may still spend is not this one's to spend again.
      if (lost !== undefined) ports.policies.leaveBehind(till.id, makeId(now, crypto.randomBytes(10)))
      const act = actRow(till, { at: now, act: lost === undefined ? 'enrolled' : 'replaced', by: 'its code' })
      const committed = await store.commit({ tills: [enrolled], documents: [...(lost === undefined ? [] : [lost]), act] })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') return refuse('used a moment ago')
      const certificate = {
        v: 1,
        till: till.id,
        name: till.name,
        merchant: shop.merchant.id,
        store: shop.store.id,
        publicKey: proof.value.publicKey,
        issuedAt: now,
      } as const
      return ok({
        till: till.id,
        answer: {
          v: 1,
          rootPublicKey: keys.root.publicKey,
          certificate: base64url(keys.certify(certificate)),
          keySet: base64url(keys.keySet()),
          policy: base64url(ports.policies.signed(till.id)),
          catalogue: base64url(ports.desk.signed()),
          mqtt: accessOf(ports.carrier, till.id, proof.value.publicKey, password),
        },
      })
    },
  }
}

const passwordHash = (crypto: Pick<Crypto, 'sha256'>, password: string): string => hex(crypto.sha256(utf8(password)))

/**
 * Opens the request: the till signs it with the very key that it brings, which proves that it holds it. Of the one-time code it brings only the
 * secret half; the other half was for the till, to know this hub by.
 */
function readProof(crypto: Crypto, body: unknown): Outcome<{ readonly secret: string; readonly publicKey: string }, 'wire.malformed'> {
  const request = enrolRequest.safeParse(body)
  if (!request.success) return fail('wire.malformed', 'not an enrolment request')
  const bytes = unbase64url(request.data.proof)
  const envelope = bytes === undefined ? undefined : parseSign1(bytes)
  if (bytes === undefined || envelope?.ok !== true) return fail('wire.malformed', 'not a signed enrolment')
  const brought = keyInside(envelope.value.payload)
  const opened = openSigned(crypto, bytes, signedTypes.enrolment, () => brought)
  return opened.ok ? ok({ secret: opened.value.code, publicKey: opened.value.publicKey }) : fail('wire.malformed', opened.detail ?? opened.code)
}

function keyInside(payload: Uint8Array): Uint8Array | undefined {
  try {
    const { data } = z.object({ publicKey: z.string() }).safeParse(JSON.parse(utf8Text(payload)))
    return data === undefined ? undefined : unhex(data.publicKey)
  } catch {
    return undefined
  }
}

/** Compares with every open code, in a time that does not tell how much of one was right. */
function findByCode(tills: readonly Till[], hash: Uint8Array, now: number): Till | undefined {
  let found: Till | undefined
  for (const till of tills) {
    const open = till.codeHash !== undefined && till.codeExpiresAt !== undefined && now < till.codeExpiresAt
    if (open && equalBytes(unhex(till.codeHash) ?? new Uint8Array(0), hash)) found = till
  }
  return found
}

/** `publicKey`: hex. */
function accessOf({ url, webSocketUrl, certificatesFor }: EnrolmentPorts['carrier'], till: Id, publicKey: string, password: string): MqttAccess {
  const certificates = certificatesFor?.(till, unhex(publicKey) ?? new Uint8Array(0))
  return {
    url,
    password,
    ...(certificates && { tls: { authority: base64url(certificates.authority), certificate: base64url(certificates.certificate) } }),
    ...(webSocketUrl !== undefined && { webSocketUrl }),
  }
}

/** What somebody who claims to be a till brings to the broker. `publicKey`: raw, of the certificate that it showed; undefined without TLS. */
export type TillClaim = { readonly till: string; readonly password: string; readonly publicKey: Uint8Array | undefined }

/**
 * Is this an enrolled till, with its password, and over TLS with the key that it has now? For the broker, which asks at every connection: the
 * certificate of a till that was enrolled anew, or is not known any more, is worth nothing.
 */
export async function isEnrolledTill({ store, crypto }: Pick<EnrolmentPorts, 'store' | 'crypto'>, { till, password, publicKey }: TillClaim): Promise<boolean> {
  if (!isId(till)) return false
  const [known] = await store.get('tills', [till])
  const expected = known?.passwordHash === undefined ? undefined : unhex(known.passwordHash)
  if (expected === undefined || !equalBytes(expected, crypto.sha256(utf8(password)))) return false
  if (publicKey === undefined || hex(publicKey) === known?.publicKey) return true
  return (await otherKey(store, till, hex(keyIdOf(crypto, publicKey))))?.state === 'next'
}
