import { Bonjour } from 'bonjour-service'
import { EDGE_SERVICE } from '#protocol/lanes/edge-setup.ts'

/**
 * Says on the local network, by mDNS (RFC 6762) and DNS-SD (RFC 6763), where the edge is. It says no more than that: a till knows the edge by the key that the hub
 * signed, so whoever else announces himself is only somebody who does not answer. `keyId` keeps the edges of two stores on one network apart.
 */
export function announce(port: number, keyId: string, log: (line: string) => void): () => void {
  const failed = (error: unknown): void => log(`mDNS: ${error instanceof Error ? error.message : String(error)}`)
  const bonjour = new Bonjour({}, failed)
  bonjour.publish({ name: `stillpoint-${keyId}`, type: EDGE_SERVICE, port, txt: { key: keyId } }).on('error', failed)
  return () => bonjour.unpublishAll(() => bonjour.destroy())
}
