import { z } from 'zod'

const key = z.string().regex(/^[0-9a-f]{64}$/)
const der = z.string().min(1).max(8192)

/** What a machine needs to be a store's edge: a file that the hub writes (`hub/edge-cli.ts`), for that machine alone, since its key is in it. */
export const edgeSetup = z.strictObject({
  v: z.literal(1),
  rootPublicKey: key,
  /** Of its TLS key, Ed25519, hex. */
  seed: key,
  /** Base64url of DER: its certificate, by the root key, and the root's own. */
  certificate: der,
  authority: der,
  host: z.string().min(1).max(200),
  port: z.int().min(1).max(65_535),
  /** Tells the local network where it is. */
  mdns: z.boolean(),
})
export type EdgeSetup = z.infer<typeof edgeSetup>

/** What `mdns` announces, as `_stillpoint-edge._tcp.local`. */
export const EDGE_SERVICE = 'stillpoint-edge'
