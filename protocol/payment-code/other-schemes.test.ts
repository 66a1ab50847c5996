import { expect, it } from 'vitest'
import { schemeOf } from './other-schemes.ts'

const digits = (begins: string, length: number): string => begins.padEnd(length, '0')

it.each([
  [digits('25', 16), 'alipay'],
  [digits('28', 18), 'alipay'],
  [digits('30', 24), 'alipay'],
  [`fp${'a7'.repeat(17)}b`, 'alipay'],
  [digits('10', 18), 'wechat_pay'],
  [digits('15', 18), 'wechat_pay'],
  [digits('62', 19), 'unionpay'],
])('%s is a code of %s', (text, scheme) => expect(schemeOf(text)).toBe(scheme))

it.each([
  digits('25', 15),
  digits('28', 25),
  digits('31', 18),
  digits('16', 18),
  digits('10', 17),
  digits('62', 18),
  `fp${'a'.repeat(34)}`,
  '9520000000011',
  'SP1:ABC',
  '',
])('of %s nothing is said', (text) => expect(schemeOf(text)).toBeUndefined())
