/** Wallets of others, whose codes customers hold before a shop's scanner. Each is online only: its issuer alone can say what a code is worth. */
export const schemes = ['alipay', 'wechat_pay', 'unionpay'] as const
export type Scheme = (typeof schemes)[number]

/**
 * By the numbers that the schemes have published: Alipay 16 to 24 digits that begin with 25 to 30, or `fp` and 35 characters for a face; WeChat Pay 18 digits
 * that begin with 10 to 15; UnionPay 19 digits that begin with 62. No product code has so many digits. Undefined for anything else.
 */
export function schemeOf(text: string): Scheme | undefined {
  if (/^(?:2[5-9]|30)\d{14,22}$/.test(text) || /^fp[0-9A-Za-z]{35}$/.test(text)) return 'alipay'
  if (/^1[0-5]\d{16}$/.test(text)) return 'wechat_pay'
  return /^62\d{17}$/.test(text) ? 'unionpay' : undefined
}
