import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Alipay } from './alipay.ts'
import { alipayAcquirer } from './alipay-acquirer.ts'
import type { Acquirer } from '../acquirer.ts'
import type { Shop } from '../../shop.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Clock, Timers } from '#protocol/time.ts'

/** `alipay.json` in the hub's folder: without it Alipay is not taken. Keys are PEM, or its base64. */
export const alipaySettings = z.strictObject({
  appId: z.string().regex(/^\d{8,32}$/),
  privateKey: z.string().min(100).max(10_000),
  alipayPublicKey: z.string().min(100).max(10_000),
  gateway: z.url({ protocol: /^https?$/ }).default('https://openapi.alipay.com/gateway.do'),
  timeoutMs: z.int().min(100).max(60_000).default(5000),
})
export type AlipaySettings = z.input<typeof alipaySettings>

export const ALIPAY_FILE = 'alipay.json'

/** Throws for settings that cannot be read. */
export function openAlipay(
  data: string,
  shop: Pick<Shop, 'merchant' | 'store'>,
  ports: { clock: Clock; timers: Timers; crypto: Crypto },
): Acquirer | undefined {
  const path = join(data, ALIPAY_FILE)
  if (!existsSync(path)) return undefined
  const settings = alipaySettings.parse(JSON.parse(readFileSync(path, 'utf8')))
  return alipayAcquirer(new Alipay(settings), { subject: shop.merchant.name, storeId: shop.store.id }, ports)
}
