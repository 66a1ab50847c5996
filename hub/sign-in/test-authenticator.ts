import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { encode } from 'cborg'
import { base64url, utf8 } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

/** A phone that makes one passkey (WebAuthn Level 3 §6.1, ES256, attestation "none") and signs with it. */
export function testAuthenticator(origin: string) {
  const host = new URL(origin).hostname
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  let counter = 0
  /** Present, verified, and for a registration with the key. */
  const authenticatorData = (flags: number, more: Uint8Array = new Uint8Array(0)): Buffer => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(++counter)
    return Buffer.concat([nodeCrypto.sha256(utf8(host)), Buffer.from([flags]), count, more])
  }
  const clientData = (type: string, challenge: string): Uint8Array => utf8(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const credential = { id: base64url(id), rawId: base64url(id), type: 'public-key' as const, clientExtensionResults: {} }

  return {
    register(challenge: string) {
      const cose = encode(
        new Map<number, number | Uint8Array>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x, 'base64url')],
          [-3, Buffer.from(y, 'base64url')],
        ]),
      )
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const attestationObject = encode({ fmt: 'none', attStmt: {}, authData: new Uint8Array(authenticatorData(0x45, attested)) })
      return {
        ...credential,
        response: { clientDataJSON: base64url(clientData('webauthn.create', challenge)), attestationObject: base64url(attestationObject) },
      }
    },
    assert(challenge: string, userVerified = true) {
      const data = authenticatorData(userVerified ? 0x05 : 0x01)
      const said = clientData('webauthn.get', challenge)
      const signature = sign('sha256', Buffer.concat([data, nodeCrypto.sha256(said)]), privateKey)
      return {
        ...credential,
        response: { clientDataJSON: base64url(said), authenticatorData: base64url(new Uint8Array(data)), signature: base64url(new Uint8Array(signature)) },
      }
    },
  }
}
