import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALIPAY_FILE, type AlipaySettings } from '../../hub/acquirers/alipay/settings.ts'
import { demoShop } from '../../hub/demo-shop.ts'
import { shopSchema, type Shop } from '../../hub/shop.ts'
import { startAlipayGateway, type AlipayGateway } from '../acquirer/alipay-gateway.ts'

/** In what a demo shop can sell. In yuan it takes Alipay's codes too, from a simulated gateway. */
export const demoCurrencies = ['EUR', 'CNY'] as const
export type DemoCurrency = (typeof demoCurrencies)[number]

const SHOP_FILE = 'shop.json'

const { foreignCash: _, ...sameGoods } = demoShop
const inYuan: Shop = {
  ...sameGoods,
  currency: 'CNY',
  merchantQr: { merchantCity: 'Shanghai', country: 'CN', categoryCode: '5411' },
  foreignCash: [{ currency: 'EUR', numerator: 833, denominator: 100, source: 'ECB', at: Date.UTC(2026, 0, 2) }],
}

/** In what the shop sells whose hub has this folder: a shop is in one currency for ever. */
function currencyOf(hub: string): string | undefined {
  if (!existsSync(hub)) return undefined
  const file = join(hub, SHOP_FILE)
  return existsSync(file) ? shopSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).currency : demoShop.currency
}

/** Before the shop opens for the first time. Answers with why it cannot be, as a sentence. */
export function chooseCurrency(hub: string, wanted: DemoCurrency): string | undefined {
  const known = currencyOf(hub)
  if (known !== undefined && known !== wanted) return `The shop in this folder sells in ${known}. Another --data is another shop.`
  if (known !== undefined || wanted === demoShop.currency) return undefined
  mkdirSync(hub, { recursive: true, mode: 0o700 })
  writeFileSync(join(hub, SHOP_FILE), JSON.stringify(inYuan, undefined, 2), { mode: 0o600 })
  return undefined
}

const newKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (key: KeyObject, type: 'pkcs8' | 'spki'): string => key.export({ type, format: 'pem' }).toString()

/** Alipay as the hub of a shop in yuan meets it, told to that hub, which is not up yet. It lives as long as the shop is open, and its books too. */
export async function startShopAlipay(hub: string): Promise<AlipayGateway | undefined> {
  if (currencyOf(hub) !== 'CNY') return undefined
  const [shops, alipays, strangers] = [newKeys(), newKeys(), newKeys()]
  const gateway = await startAlipayGateway(shops.publicKey, alipays.privateKey, strangers.privateKey)
  const settings: AlipaySettings = {
    appId: '2026000000000001',
    privateKey: pem(shops.privateKey, 'pkcs8'),
    alipayPublicKey: pem(alipays.publicKey, 'spki'),
    gateway: gateway.address,
  }
  writeFileSync(join(hub, ALIPAY_FILE), JSON.stringify(settings, undefined, 2), { mode: 0o600 })
  return gateway
}
