import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { equalBytes } from '#protocol/bytes.ts'
import { isLoopback, packed, type MqttAccess } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { privateKeyPem, rawPublicKey } from '#protocol/node/crypto.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** Who this till is, as far as TLS is concerned. `seed`: of its own key, Ed25519, 32 bytes. */
export type TlsIdentity = { readonly till: Id; readonly seed: Uint8Array; readonly publicKey: Uint8Array; readonly rootPublicKey: Uint8Array }

/** Whom to believe and, where the hub asks for it, as whom to come. PEM. */
export type HubTls = { readonly ca: string[]; readonly cert?: string; readonly key?: string; readonly minVersion: 'TLSv1.2' | 'TLSv1.3' }
/** One way to the hub; `tls` with `mqtts:` and `wss:`. */
export type HubCarrier = { readonly url: string; readonly tls?: HubTls }

/**
 * The ways to the hub, first choice first. Nothing here is believed because it came with the enrolment: the authority has to be the root key that this till
 * pinned, and the certificate for this till's own key and id. The private key exists in memory only; on disk there is its seed, once.
 *
 * Over `wss:` somebody else's proxy may stand before the hub, with a certificate of the world's authorities; there the till shows its password only.
 * What counts is signed above all of this.
 */
export function hubCarriers(access: MqttAccess, identity: TlsIdentity): Outcome<readonly HubCarrier[], 'wire.bad_signature' | 'wire.malformed'> {
  const urls = access.webSocketUrl === undefined ? [access.url] : [access.url, access.webSocketUrl]
  if (!urls.every(isAllowed)) return fail('wire.malformed', 'the hub can be reached without TLS only on this machine')
  if (access.tls === undefined) {
    return urls.some((url) => url.startsWith('mqtts:')) ? fail('wire.malformed', 'no certificate for TLS') : ok(urls.map((url) => ({ url })))
  }
  const authority = readCertificate(access.tls.authority)
  const own = readCertificate(access.tls.certificate)
  if (authority === undefined || own === undefined) return fail('wire.malformed', 'a certificate')
  if (!isFor(authority, identity.rootPublicKey) || !authority.verify(authority.publicKey))
    return fail('wire.bad_signature', 'the authority is not the pinned root')
  if (!own.verify(authority.publicKey) || !isFor(own, identity.publicKey) || own.subject !== `CN=${identity.till}`)
    return fail('wire.bad_signature', 'the certificate is not for this till')
  const mutual: HubTls = { ca: [String(authority)], cert: String(own), key: privateKeyPem(identity.seed), minVersion: 'TLSv1.3' }
  const proxied: HubTls = { ca: [...rootCertificates, String(authority)], minVersion: 'TLSv1.2' }
  return ok(urls.map((url) => ({ url, ...(url.startsWith('mqtts:') && { tls: mutual }), ...(url.startsWith('wss:') && { tls: proxied }) })))
}

/** With TLS anywhere, without it on this machine. */
function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'mqtts:' || protocol === 'wss:' || ((protocol === 'mqtt:' || protocol === 'ws:') && isLoopback(hostname))
}

function readCertificate(der: string): X509Certificate | undefined {
  try {
    return new X509Certificate(packed.bytes(der))
  } catch {
    return undefined
  }
}

function isFor(certificate: X509Certificate, publicKey: Uint8Array): boolean {
  const raw = rawPublicKey(certificate.publicKey)
  return raw !== undefined && equalBytes(raw, publicKey)
}
