import { z } from 'zod'
import type { HubKeys } from '../keys.ts'
import { base64url, hex, unbase64url, unhex, utf8, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, sign1, signedTypes, verifySign1 } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

export type SigningPorts = { readonly crypto: Crypto; readonly keys: Pick<HubKeys, 'signer' | 'keySet' | 'root'> }

const kept = z.strictObject({ v: z.literal(1), signed: z.string() })

/**
 * Text in a document, signed by the hub's policy key (COSE_Sign1): whoever can write into the hub's database, and has none of its keys, makes no rule and no model of
 * his own. What he could do is take newer ones away.
 */
export function signedText({ crypto, keys }: SigningPorts, typ: typeof signedTypes.rules | typeof signedTypes.model) {
  function policyKey(keyId: string): Uint8Array | undefined {
    const root = unhex(keys.root.publicKey)
    const set = openSigned(crypto, keys.keySet(), signedTypes.keySet, () => root)
    const found = set.ok ? set.value.keys.find((key) => key.role === 'policy' && key.keyId === keyId) : undefined
    return found && unhex(found.publicKey)
  }
  return {
    /** The document's body. */
    seal: (text: string): string => JSON.stringify({ v: 1, signed: base64url(sign1(keys.signer('policy'), typ, utf8(text))) } satisfies z.infer<typeof kept>),
    open(body: string): Outcome<string, 'wire.malformed' | 'wire.bad_signature'> {
      const bytes = unbase64url(kept.parse(JSON.parse(body)).signed)
      const envelope = bytes === undefined ? fail('wire.malformed') : parseSign1(bytes)
      if (!envelope.ok) return envelope
      const key = policyKey(hex(envelope.value.keyId))
      if (key === undefined || !verifySign1(crypto, envelope.value, typ, key)) return fail('wire.bad_signature')
      return ok(utf8Text(envelope.value.payload))
    },
  }
}
