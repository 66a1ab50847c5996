import { equalBytes, hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import { encodeSigned, enrolAnswer, MAX_MESSAGE_BYTES, openSigned, packed, readEnrolmentCode, type EnrolAnswer } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { freshSeed, signerFromSeed } from '#protocol/node/crypto.ts'
import { Authority } from './authority.ts'
import { hubCarriers } from './hub-access.ts'
import { readIdentity, writeIdentity, type IdentityFile } from './identity.ts'
import type { TillStore } from './store.ts'

const TIMEOUT = 15_000

/**
 * Makes this till known to a hub by a one-time code: the key is made here and never leaves; the hub signs it. The code names the hub's root key,
 * so an answer from anybody else is refused. Keeps identity and documents; afterwards the till can sell, with or without the hub.
 */
export async function enrol(crypto: Crypto, store: TillStore, data: string, hub: string, codeText: string): Promise<Outcome<IdentityFile>> {
  const known = readIdentity(data)
  if (known !== undefined) return ok(known)
  const code = readEnrolmentCode(codeText)
  if (!code.ok) return code
  const seed = freshSeed()
  const signer = signerFromSeed(seed)
  const publicKey = hex(signer.publicKey)
  const proof = packed.text(encodeSigned(signer, signedTypes.enrolment, { v: 1, code: code.value.secret, publicKey }))
  const answer = await ask(new URL('/enrol', hub), { v: 1, proof })
  if (!answer.ok) return answer
  return settle(crypto, store, data, answer.value, code.value.rootKeyId, seed, publicKey)
}

function settle(
  crypto: Crypto,
  store: TillStore,
  data: string,
  answer: EnrolAnswer,
  rootKeyId: string,
  seed: Uint8Array,
  publicKey: string,
): Outcome<IdentityFile> {
  const root = unhex(answer.rootPublicKey)
  const expected = unhex(rootKeyId)
  if (root === undefined || expected === undefined || !equalBytes(keyIdOf(crypto, root), expected))
    return fail('wire.bad_signature', 'not the hub that made the code')
  const certificate = openSigned(crypto, packed.bytes(answer.certificate), signedTypes.tillCertificate, (id) => (id === rootKeyId ? root : undefined))
  if (!certificate.ok) return certificate
  const { till, name } = certificate.value
  if (certificate.value.publicKey !== publicKey) return fail('wire.bad_signature', 'the certificate is for another key')
  const authority = new Authority(crypto, store, till, root)
  for (const [kind, document] of [
    ['keys', answer.keySet],
    ['policy', answer.policy],
    ['catalogue', answer.catalogue],
  ] as const) {
    const taken = authority.accept(kind, packed.bytes(document))
    if (!taken.ok) return taken
  }
  const carriers = hubCarriers(answer.mqtt, { till, seed, publicKey: signerFromSeed(seed).publicKey, rootPublicKey: root })
  if (!carriers.ok) return carriers
  const identity: IdentityFile = { v: 1, till, name, seed: hex(seed), rootPublicKey: answer.rootPublicKey, certificate: answer.certificate, mqtt: answer.mqtt }
  writeIdentity(data, identity)
  return ok(identity)
}

async function ask(url: URL, body: unknown): Promise<Outcome<EnrolAnswer>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    const text = await response.text()
    if (!response.ok) return fail('enrol.bad_code', `the hub answered ${response.status}`)
    if (text.length > MAX_MESSAGE_BYTES) return fail('wire.malformed', 'answer too large')
    const parsed = enrolAnswer.safeParse(JSON.parse(text))
    return parsed.success ? ok(parsed.data) : fail('wire.malformed', 'enrolment answer')
  } catch (error) {
    return fail('enrol.no_hub', error instanceof Error ? error.message : String(error))
  }
}
