import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** Where no webhook goes: everything that IANA's special-purpose registries (RFC 6890) do not call globally reachable. */
const blocked = new BlockList()
const RANGES: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
]
for (const range of RANGES) blocked.addSubnet(...range)
/** What is handed out to the public internet; all other IPv6 is local, or stands for IPv4. Of this, documentation, Teredo, 6to4 and ORCHID are not. */
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  blocked.addSubnet(net, bits, 'ipv6')

export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !blocked.check(address, 'ipv4')
  return family === 6 && globalUnicast.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const MAX_URL = 500
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/** An address that may be one, before anybody looks where it leads. `loopback`: it may also be a program on the hub's own machine, without TLS. */
export function webhookUrl(text: string, loopback: boolean): Outcome<URL, 'webhook.bad_address'> {
  const url = text.length <= MAX_URL && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return fail('webhook.bad_address', 'no plain address')
  const host = bare(url.hostname)
  if (loopback && LOOPBACK.has(host) && (url.protocol === 'http:' || url.protocol === 'https:')) return ok(url)
  if (url.protocol !== 'https:') return fail('webhook.bad_address', 'https only')
  if (isIP(host) !== 0 && !isPublic(host)) return fail('webhook.bad_address', 'not on the public internet')
  return ok(url)
}

export type Resolve = (host: string) => Promise<readonly string[]>
const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * The one address to connect to. Looked up here and used as it is: a name that answers something else a moment later leads nowhere else (DNS
 * rebinding). One private address among several is enough to refuse all of them.
 */
export async function addressOf(url: URL, loopback: boolean, resolve: Resolve = resolveByDns): Promise<Outcome<string, 'webhook.bad_address'>> {
  const host = bare(url.hostname)
  if (loopback && LOOPBACK.has(host)) return ok(host === 'localhost' ? '127.0.0.1' : host)
  const found = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host]
  const first = found[0]
  if (first === undefined) return fail('webhook.bad_address', 'no such host')
  return found.every(isPublic) ? ok(first) : fail('webhook.bad_address', 'not on the public internet')
}
