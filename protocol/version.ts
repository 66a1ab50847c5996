/**
 * The version of everything on the wire and in the journal. `protocol/fingerprint.test.ts` fails when a schema changes while this number
 * and the recorded fingerprints do not. The hub keeps reading every journal version that was ever released.
 */
export const PROTOCOL_VERSION = 1
