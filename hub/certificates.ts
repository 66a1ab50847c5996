import { isIP } from 'node:net'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'

/**
 * X.509 certificates (RFC 5280) with Ed25519 keys (RFC 8410), for TLS between tills and the broker. The root key that every till pinned is the
 * authority, so a till needs no other trust than the one it was enrolled with. The root's other signatures are COSE structures, whose first byte is
 * never that of a certificate: neither passes for the other.
 *
 * No certificate ends (RFC 5280 §4.1.2.5, 99991231235959Z). An end would lock out a till whose clock is wrong, and this very link is what sets its clock.
 * Instead the broker asks the hub at every connection whether the till and its key still are what they were enrolled as, and the broker's own key lives
 * only as long as its process. A till gets another certificate by being enrolled again, with its new key.
 */
export interface CertificateAuthority {
  /** The root's own certificate, DER: the same bytes whenever it is asked for. */
  readonly certificate: Uint8Array
  /** For who connects: a till (its id), or the hub at a broker of its own (`hub`). DER. */
  forClient(name: Id | 'hub', publicKey: Uint8Array): Uint8Array
  /** For who is connected to: under these host names and IP addresses. DER. */
  forServer(hosts: readonly string[], publicKey: Uint8Array): Uint8Array
}

const ED25519 = '1.3.101.112'
const COMMON_NAME = '2.5.4.3'
/** A till whose battery is empty wakes up on this day. */
const FROM = new Date('1970-01-01T00:00:00Z')
const WITHOUT_END = new Date('9999-12-31T23:59:59Z')
const SERIAL_BYTES = 16

export function certificateAuthority(root: Signer, crypto: Pick<Crypto, 'sha256' | 'randomBytes'>): CertificateAuthority {
  const own = commonName(`Stillpoint hub ${Buffer.from(root.keyId).toString('hex')}`)
  const keyIdentifier = (publicKey: Uint8Array): Uint8Array => crypto.sha256(publicKey).slice(0, 20)

  function certify(subject: Name, publicKey: Uint8Array, serial: Uint8Array, extensions: readonly Extension[]): Uint8Array {
    const algorithm = new AlgorithmIdentifier({ algorithm: ED25519 })
    const body = new TBSCertificate({
      version: Version.v3,
      serialNumber: buffer(positive(serial)),
      signature: algorithm,
      issuer: own,
      validity: new Validity({ notBefore: FROM, notAfter: WITHOUT_END }),
      subject,
      subjectPublicKeyInfo: new SubjectPublicKeyInfo({ algorithm, subjectPublicKey: buffer(publicKey) }),
      extensions: new Extensions([
        ...extensions,
        extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(buffer(keyIdentifier(publicKey)))),
        extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(buffer(keyIdentifier(root.publicKey))) })),
      ]),
    })
    const signature = root.sign(new Uint8Array(AsnConvert.serialize(body)))
    return new Uint8Array(AsnConvert.serialize(new Certificate({ tbsCertificate: body, signatureAlgorithm: algorithm, signatureValue: buffer(signature) })))
  }

  const forEnd = (subject: Name, publicKey: Uint8Array, usage: string, more: readonly Extension[] = []): Uint8Array =>
    certify(subject, publicKey, crypto.randomBytes(SERIAL_BYTES), [
      extension(id_ce_basicConstraints, new BasicConstraints(), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([usage])),
      ...more,
    ])

  return {
    certificate: certify(own, root.publicKey, keyIdentifier(root.publicKey).slice(0, SERIAL_BYTES), [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), true),
    ]),
    forClient: (name, publicKey) => forEnd(commonName(name), publicKey, id_kp_clientAuth),
    forServer(hosts, publicKey) {
      const names = hosts.map((host) => new GeneralName(isIP(host) === 0 ? { dNSName: host } : { iPAddress: host }))
      return forEnd(commonName('Stillpoint broker'), publicKey, id_kp_serverAuth, [extension(id_ce_subjectAltName, new SubjectAlternativeName(names))])
    },
  }
}

const commonName = (text: string): Name =>
  new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value: new AttributeValue({ utf8String: text }) })])])

const extension = (extnID: string, value: object, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })

/** An INTEGER is signed: with its highest bits 01 it is positive and none of its bytes can be left out (RFC 5280 §4.1.2.2). */
const positive = (serial: Uint8Array): Uint8Array => serial.map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte))

/** The ASN.1 library wants an ArrayBuffer of exactly these bytes. */
const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
