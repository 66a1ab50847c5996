import { Bonjour, type Service } from 'bonjour-service'
import { EDGE_SERVICE } from '#protocol/lanes/edge-setup.ts'

/**
 * Looks on the local network for the store's edge (mDNS, RFC 6762), for when it is not where the hub says: a machine that got another address. `found` gets a URL
 * to try; whoever answers there has to show the key that the hub signed. Goes on until the returned function is called.
 */
export function searchEdge(keyIdHex: string, found: (url: string) => void, log: (line: string) => void): () => void {
  const bonjour = new Bonjour({}, (error: unknown) => log(`mDNS: ${error instanceof Error ? error.message : String(error)}`))
  const browser = bonjour.find({ type: EDGE_SERVICE, txt: { key: keyIdHex } }, (service: Service) => {
    const address = service.referer?.address ?? service.addresses?.[0]
    if (address !== undefined) found(`mqtts://${address.includes(':') ? `[${address}]` : address}:${service.port}`)
  })
  return () => {
    browser.stop()
    bonjour.destroy()
  }
}
