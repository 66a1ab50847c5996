import { z } from 'zod'
import { hex } from '#protocol/bytes.ts'
import { isErrorCode, type ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { AsyncSigner } from '#protocol/payment-code/code.ts'
import {
  bankKeysAnswer,
  credentialAnswer,
  invitationAnswer,
  nonceAnswer,
  paidAnswer,
  quoteAnswer,
  statementAnswer,
  tillAnswer,
  type TillAnswer,
} from '#protocol/wallet-api/answers.ts'
import type { WalletAsk } from '#protocol/wallet-api/ask.ts'
import { askBank } from '../bank.ts'

/**
 * What the phone says to its bank, each time signed by its key, and what light does between it and the shop: its screen can be seen by the simulated scanner,
 * and its camera sees the till's display. Only the first needs a network.
 */
const TIMEOUT_MS = 5000

/** zod would otherwise try `new Function`, which the page's Content-Security-Policy reports as an attack. */
z.config({ jitless: true })

export type Registration = z.infer<typeof credentialAnswer>
export type Statement = z.infer<typeof statementAnswer>
export type Payment = Statement['payments'][number]
export type WalletPhone = Statement['phones'][number]
export type Invitation = z.infer<typeof invitationAnswer>

/** The account as last heard of, kept on the phone so that it opens without a network. */
export const account = credentialAnswer.extend({
  payments: statementAnswer.shape.payments,
  phones: statementAnswer.shape.phones.default([]),
  /** With which receipts are verified: the root's is the one that this phone met first. */
  bank: bankKeysAnswer.optional(),
  /** Tills whose receipts this phone has verified, the newest first. */
  tills: z.array(tillAnswer.extend({ keyId: z.string(), heardAt: z.int() })).optional(),
  heardAt: z.int(),
})
export type Account = z.infer<typeof account>

const tillRequest = z.object({ text: z.string().nullable() })

/** `hub.refused`: asked, heard and answered no, without a reason that this page knows. */
export type ApiCode = ErrorCode
export type Api = {
  /** In the bank's own currency if none is said. */
  open(name: string, currency?: Currency): Promise<Outcome<Registration, ApiCode>>
  refresh(wallet: string): Promise<Outcome<Registration, ApiCode>>
  statement(wallet: string): Promise<Outcome<Statement, ApiCode>>
  invite(wallet: string): Promise<Outcome<Invitation, ApiCode>>
  join(wallet: string, word: string, name: string): Promise<Outcome<Registration, ApiCode>>
  /** One of the wallet's phones, by its key: nobody may pay with it any more. */
  reportLost(wallet: string, phone: string): Promise<Outcome<unknown, ApiCode>>
  /** For what a till shows; answers the hub's signed receipt, base64url. */
  pay(wallet: string, paying: { readonly code: string; readonly request: string; readonly quote?: string }): Promise<Outcome<string, ApiCode>>
  /** What that is in the wallet's own currency: the hub's signed quote, base64url. */
  quote(wallet: string, request: string): Promise<Outcome<string, ApiCode>>
  /** Whose key signed a receipt: the till's certificate, by the key's id, hex. */
  till(wallet: string, keyId: string): Promise<Outcome<TillAnswer, ApiCode>>
  /** About money that is held for a delivery. */
  say(wallet: string, about: EscrowAsk): Promise<Outcome<unknown, ApiCode>>
  keys(): Promise<Outcome<z.infer<typeof bankKeysAnswer>, ApiCode>>
  /** What is on the phone's screen now; null when it shows no code. */
  screen(wallet: string, text: string | null): Promise<Outcome<unknown, ApiCode>>
  /** What the phone's camera sees on the till's display; null when there is nothing to see. */
  tillRequest(): Promise<Outcome<string | null, ApiCode>>
}

export type EscrowAsk = Extract<WalletAsk, { type: 'received' | 'dispute' | 'evidence' }>

const refusal = z.object({ code: z.string().optional() })

async function call<T>(path: string, shape: z.ZodType<T>, body?: unknown): Promise<Outcome<T, ApiCode>> {
  try {
    const response = await fetch(`/wallet/api/${path}`, {
      ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      cache: 'no-store',
      // What the phone says last, it says while its page closes.
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status >= 500) return fail('wire.no_answer', `HTTP ${response.status}`)
    const text = await response.text()
    const said: unknown = text === '' ? null : JSON.parse(text)
    if (!response.ok) return fail(reasonIn(said), `HTTP ${response.status}`)
    return shaped(shape, said)
  } catch (error) {
    return fail('wire.no_answer', String(error))
  }
}

function reasonIn(said: unknown): ApiCode {
  const { code } = refusal.safeParse(said).data ?? {}
  return code !== undefined && isErrorCode(code) ? code : 'hub.refused'
}

function shaped<T>(shape: z.ZodType<T>, said: unknown): Outcome<T, 'wire.malformed'> {
  const parsed = shape.safeParse(said)
  return parsed.success ? ok(parsed.data) : fail('wire.malformed', z.prettifyError(parsed.error))
}

export function httpApi(signer: AsyncSigner): Api {
  const line = {
    nonce: async () => {
      const given = await call('nonce', nonceAnswer, {})
      return given.ok ? ok(given.value.nonce) : given
    },
    send: (message: string) => call('ask', z.unknown(), { message }),
  }
  async function ask<T>(wallet: string | undefined, shape: z.ZodType<T>, what: WalletAsk): Promise<Outcome<T, ApiCode>> {
    const answer = await askBank(line, signer, wallet, what)
    return answer.ok ? shaped(shape, answer.value) : answer
  }

  return {
    open: (name, currency) => ask(undefined, credentialAnswer, { type: 'open', name, ...(currency && { currency }) }),
    refresh: (wallet) => ask(wallet, credentialAnswer, { type: 'refresh' }),
    statement: (wallet) => ask(wallet, statementAnswer, { type: 'statement' }),
    invite: (wallet) => ask(wallet, invitationAnswer, { type: 'invite' }),
    join: (wallet, word, name) => ask(wallet, credentialAnswer, { type: 'join', word, name }),
    reportLost: (wallet, phone) => ask(wallet, z.unknown(), { type: 'lost', phone }),
    pay: async (wallet, paying) => {
      const paid = await ask(wallet, paidAnswer, { type: 'pay', ...paying })
      return paid.ok ? ok(paid.value.receipt) : paid
    },
    quote: async (wallet, request) => {
      const quoted = await ask(wallet, quoteAnswer, { type: 'quote', request })
      return quoted.ok ? ok(quoted.value.quote) : quoted
    },
    till: (wallet, keyId) => ask(wallet, tillAnswer, { type: 'till', keyId }),
    say: (wallet, about) => ask(wallet, z.unknown(), about),
    keys: () => call('keys', bankKeysAnswer),
    screen: (wallet, text) => call('screen', z.unknown(), { wallet, text }),
    tillRequest: async () => {
      const seen = await call('till-request', tillRequest)
      return seen.ok ? ok(seen.value.text) : seen
    },
  }
}

/** This phone, as its wallet lists it. */
export const phoneKeyOf = (signer: Pick<AsyncSigner, 'publicKey'>): string => hex(signer.publicKey)
