import { z } from 'zod'
import type { HubKeys } from './keys.ts'
import { signedCatalogue, signedPolicy, type Shop } from './shop.ts'
import type { HubStore, Till } from './store/hub-store.ts'
import { base64url, equalBytes, hex, unbase64url, unhex, utf8, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import { enrolmentCode, enrolRequest, openSigned, type EnrolAnswer } from '#protocol/hub/messages.ts'
import { isId, makeId, type Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, MINUTE, type Clock } from '#protocol/time.ts'

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
  readonly mqttUrl: string
}

export interface Enrolment {
  register(name: string): Promise<Outcome<NewTill, 'till.disk_full'>>
  /** `body` is what came over HTTP, unchecked. */
  enrol(body: unknown): Promise<Outcome<{ readonly till: Id; readonly answer: EnrolAnswer }, 'enrol.bad_code' | 'wire.malformed' | 'till.disk_full'>>
}

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

  return {
    async register(name) {
      const now = clock.now()
      const secret = [...crypto.randomBytes(SECRET_CHARS)].map((byte) => CROCKFORD.charAt(byte % 32)).join('')
      const till: Till = {
        id: makeId(now, crypto.randomBytes(10)),
        version: 0,
        name,
        registeredAt: now,
        codeHash: hex(crypto.sha256(utf8(secret))),
        codeExpiresAt: now + CODE_LIFETIME,
        publicKey: undefined,
        passwordHash: undefined,
        enrolledAt: undefined,
      }
      const committed = await store.commit({ tills: [till] })
      if (committed !== 'done') return fail('till.disk_full')
      return ok({ till: till.id, code: enrolmentCode(secret, keys.root.keyId), expiresAt: now + CODE_LIFETIME })
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
        codeHash: undefined,
        codeExpiresAt: undefined,
      }
      const committed = await store.commit({ tills: [enrolled] })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') return refuse('used a moment ago')
      const policySigner = keys.signer('policy')
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
          policy: base64url(signedPolicy(policySigner, shop, till.id, now)),
          catalogue: base64url(signedCatalogue(policySigner, shop)),
          mqtt: { url: ports.mqttUrl, password },
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

/** Is this the MQTT password of this till? For the broker, which asks at every connection. */
export async function isTillPassword({ store, crypto }: Pick<EnrolmentPorts, 'store' | 'crypto'>, till: string, password: string): Promise<boolean> {
  if (!isId(till)) return false
  const [known] = await store.get('tills', [till])
  const expected = known?.passwordHash === undefined ? undefined : unhex(known.passwordHash)
  return expected !== undefined && equalBytes(expected, crypto.sha256(utf8(password)))
}
