import { createSign, createVerify, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/**
 * A gateway that speaks Alipay's open API 2.0 as far as a shop's barcode payments need it: it checks the RSA2 signature of each request, keeps its own books, and
 * signs its answers. Written from Alipay's published interface; shares nothing with the hub's connector.
 *
 * The last two digits of the customer's code say how it behaves: 01 wants a password first, 02 has no money, 03 is too old, 04 is in trouble inside
 * (though the money moves), 05 moves the money and answers nobody, 06 answers too late. Everything else pays.
 */
type Trade = { tradeNo: string; outTradeNo: string; fen: number; status: 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED'; refunds: Map<string, number> }

export type AlipayFault = 'unsigned' | 'forged' | 'another_payment' | 'cut' | 'nonsense' | 'http_500'

export type AlipayGateway = {
  readonly address: string
  /** What customers have paid and not got back, in fen, by the shop's number: the books to compare with. */
  paidFen(outTradeNo: string): number
  readonly trades: number
  readonly asked: readonly string[]
  /** The customer has typed the password. */
  confirm(outTradeNo: string): void
  /** Spoils the next answers, each once. */
  spoil(...faults: readonly AlipayFault[]): void
  /** Lets out what was held back (codes that end in 06). */
  release(): void
  stop(): Promise<void>
}

const pay = z.object({ out_trade_no: z.string(), auth_code: z.string(), total_amount: z.string().regex(/^\d+\.\d\d$/), scene: z.literal('bar_code') })
const one = z.object({ out_trade_no: z.string() })
const refund = z.object({ out_trade_no: z.string(), refund_amount: z.string().regex(/^\d+\.\d\d$/), out_request_no: z.string() })
const refundQuery = z.object({ out_trade_no: z.string(), out_request_no: z.string() })

const fenOf = (amount: string): number => Number(amount.replace('.', ''))
const yuanOf = (fen: number): string => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
const failure = (sub: string): Record<string, string> => ({ code: '40004', msg: 'Business Failed', sub_code: sub, sub_msg: sub })
const success = { code: '10000', msg: 'Success' }

/** `appKey`: the shop's public key; `ownKey`: the gateway's private one. */
export async function startAlipayGateway(appKey: KeyObject, ownKey: KeyObject, otherKey: KeyObject): Promise<AlipayGateway> {
  const trades = new Map<string, Trade>()
  const asked: string[] = []
  const faults: AlipayFault[] = []
  const held: (() => void)[] = []

  const methods: Readonly<Record<string, (content: unknown) => Record<string, string> | 'silence' | 'late'>> = {
    'alipay.trade.pay': (content) => {
      const { out_trade_no: outTradeNo, auth_code: code, total_amount: amount } = pay.parse(content)
      const known = trades.get(outTradeNo)
      if (known !== undefined) return known.status === 'TRADE_SUCCESS' ? failure('ACQ.TRADE_HAS_SUCCESS') : failure('ACQ.CONTEXT_INCONSISTENT')
      if (code.endsWith('02')) return failure('ACQ.BUYER_BALANCE_NOT_ENOUGH')
      if (code.endsWith('03')) return failure('ACQ.PAYMENT_AUTH_CODE_INVALID')
      const status = code.endsWith('01') ? ('WAIT_BUYER_PAY' as const) : ('TRADE_SUCCESS' as const)
      const trade: Trade = { tradeNo: `20260101${String(trades.size + 1).padStart(20, '0')}`, outTradeNo, fen: fenOf(amount), status, refunds: new Map() }
      trades.set(outTradeNo, trade)
      if (code.endsWith('04')) return { code: '20000', msg: 'Service Currently Unavailable', sub_code: 'isp.unknow-error' }
      if (code.endsWith('05')) return 'silence'
      if (code.endsWith('06')) return 'late'
      return { ...(status === 'TRADE_SUCCESS' ? success : { code: '10003', msg: 'order success pay inprocess' }), ...told(trade) }
    },
    'alipay.trade.query': (content) => {
      const trade = trades.get(one.parse(content).out_trade_no)
      return trade === undefined ? failure('ACQ.TRADE_NOT_EXIST') : { ...success, ...told(trade), trade_status: trade.status }
    },
    'alipay.trade.cancel': (content) => {
      const { out_trade_no: outTradeNo } = one.parse(content)
      const trade = trades.get(outTradeNo)
      // Of one that was never paid, nothing is owed either.
      if (trade !== undefined) trade.refunds.set('cancel', leftOf(trade) + (trade.refunds.get('cancel') ?? 0))
      if (trade !== undefined) trade.status = 'TRADE_CLOSED'
      return { ...success, out_trade_no: outTradeNo, retry_flag: 'N', action: trade === undefined ? '' : 'close' }
    },
    'alipay.trade.refund': (content) => {
      const { out_trade_no: outTradeNo, refund_amount: amount, out_request_no: request } = refund.parse(content)
      const trade = trades.get(outTradeNo)
      if (trade?.status !== 'TRADE_SUCCESS') return failure('ACQ.TRADE_NOT_EXIST')
      if (trade.refunds.has(request)) return { ...success, ...told(trade), fund_change: 'N' }
      if (fenOf(amount) > leftOf(trade)) return failure('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')
      trade.refunds.set(request, fenOf(amount))
      return { ...success, ...told(trade), fund_change: 'Y' }
    },
    'alipay.trade.fastpay.refund.query': (content) => {
      const { out_trade_no: outTradeNo, out_request_no: request } = refundQuery.parse(content)
      const given = trades.get(outTradeNo)?.refunds.has(request) === true
      return { ...success, out_trade_no: outTradeNo, ...(given ? { refund_status: 'REFUND_SUCCESS' } : {}) }
    },
  }

  const sign = (value: string, key: KeyObject): string => createSign('RSA-SHA256').update(value, 'utf8').sign(key, 'base64')

  const told = (trade: Trade): Record<string, string> => ({ trade_no: trade.tradeNo, out_trade_no: trade.outTradeNo, total_amount: yuanOf(trade.fen) })
  const leftOf = (trade: Trade): number => [...trade.refunds.values()].reduce((left, fen) => left - fen, trade.fen)

  /** The request's parameters, or undefined if the shop did not sign them: sorted, `key=value` joined by `&`, without the signature itself. */
  const genuine = (params: URLSearchParams): URLSearchParams | undefined => {
    const signed = [...params.keys()].filter((name) => name !== 'sign').sort()
    const text = signed.map((name) => `${name}=${params.get(name) ?? ''}`).join('&')
    const isRsa2 = params.get('sign_type') === 'RSA2'
    return isRsa2 &&
      createVerify('RSA-SHA256')
        .update(text, 'utf8')
        .verify(appKey, params.get('sign') ?? '', 'base64')
      ? params
      : undefined
  }

  const answered = (method: string, params: URLSearchParams | undefined): Record<string, string> | 'silence' | 'late' => {
    if (params === undefined) return { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' }
    asked.push(method)
    const act = methods[method]
    return act === undefined ? { code: '40004', msg: 'Business Failed', sub_code: 'isv.invalid-method' } : act(JSON.parse(params.get('biz_content') ?? '{}'))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const params = new URL(request.url ?? '/', 'http://localhost').searchParams
    for (const [name, value] of new URLSearchParams(Buffer.concat(pieces).toString('utf8'))) params.set(name, value)
    const method = params.get('method') ?? ''
    const body = answered(method, genuine(params))
    if (body === 'silence') return void request.socket.destroy()
    const fault = faults.shift()
    if (fault === 'cut') return void request.socket.destroy()
    if (fault === 'http_500') return void response.writeHead(500).end('down')
    if (fault === 'nonsense') return void response.end('<html>')
    const say = (what: Record<string, string>): void => {
      const node = JSON.stringify(fault === 'another_payment' ? { ...what, out_trade_no: 'f'.repeat(32) } : what)
      const key = `${method.replaceAll('.', '_')}_response`
      const signature = fault === 'unsigned' ? '' : `,"sign":"${sign(node, fault === 'forged' ? otherKey : ownKey)}"`
      response.writeHead(200, { 'content-type': 'application/json;charset=utf-8' }).end(`{"${key}":${node}${signature}}`)
    }
    if (body === 'late') held.push(() => say(success))
    else say(body)
  }

  const server: Server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(400).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}/gateway.do`,
    paidFen: (outTradeNo) => {
      const trade = trades.get(outTradeNo)
      return trade === undefined || trade.status === 'WAIT_BUYER_PAY' ? 0 : leftOf(trade)
    },
    get trades() {
      return trades.size
    },
    asked,
    confirm(outTradeNo) {
      const trade = trades.get(outTradeNo)
      if (trade?.status === 'WAIT_BUYER_PAY') trade.status = 'TRADE_SUCCESS'
    },
    spoil: (...more) => void faults.push(...more),
    release: () => held.splice(0).forEach((say) => say()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
