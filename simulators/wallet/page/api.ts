import { z } from 'zod'
import { isCurrency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/**
 * What the phone says to its bank (register, refresh, balance), and what light does between it and the shop: its screen can be seen by the
 * simulated scanner, and its camera sees the till's display. Only the first needs a network.
 */
const TIMEOUT_MS = 5000

/** zod would otherwise try `new Function`, which the page's Content-Security-Policy reports as an attack. */
z.config({ jitless: true })

const currency = z.string().refine(isCurrency)
const minor = z.int()
const wallet = z.string().regex(/^[0-9a-f]{32}$/)

const registration = z.object({
  wallet,
  credential: z.string().regex(/^([0-9a-f]{2})+$/),
  balanceMinor: minor,
  currency,
  expiresAtMs: z.int().positive(),
})
export type Registration = z.infer<typeof registration>

const payment = z.object({ paymentId: z.string(), amountMinor: minor, merchant: z.string(), at: z.int(), state: z.string() })
export type Payment = z.infer<typeof payment>

const balance = z.object({ balanceMinor: minor, currency, payments: z.array(payment) })
export type Balance = z.infer<typeof balance>

/** The account as last heard of, kept on the phone so that it opens without a network. */
export const account = registration.extend({ payments: z.array(payment), heardAt: z.int() })
export type Account = z.infer<typeof account>

const tillRequest = z.object({ text: z.string().nullable() })

/** `hub.refused`: asked, heard and answered no; for a wallet that the bank does not know, too. */
export type ApiCode = 'wire.no_answer' | 'wire.malformed' | 'hub.refused'
export type Api = {
  register(publicKey: string): Promise<Outcome<Registration, ApiCode>>
  /** `proof` is a payment code made now: that whoever asks holds the key. */
  refresh(wallet: string, publicKey: string, proof: string | undefined): Promise<Outcome<Registration, ApiCode>>
  balance(wallet: string): Promise<Outcome<Balance, ApiCode>>
  /** What is on the phone's screen now; null when it shows no code. */
  screen(wallet: string, text: string | null): Promise<Outcome<null, ApiCode>>
  /** What the phone's camera sees on the till's display; null when there is nothing to see. */
  tillRequest(): Promise<Outcome<string | null, ApiCode>>
}

async function call<T>(path: string, shape: z.ZodType<T>, body?: unknown): Promise<Outcome<T, ApiCode>> {
  try {
    const response = await fetch(`/wallet/api/${path}`, {
      ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      cache: 'no-store',
      // What the phone says last, it says while its page closes.
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) return fail(response.status < 500 ? 'hub.refused' : 'wire.no_answer', `HTTP ${response.status}`)
    const text = await response.text()
    const parsed = shape.safeParse(text === '' ? null : JSON.parse(text))
    return parsed.success ? ok(parsed.data) : fail('wire.malformed', z.prettifyError(parsed.error))
  } catch (error) {
    return fail('wire.no_answer', String(error))
  }
}

export const httpApi: Api = {
  register: (publicKey) => call('register', registration, { publicKey }),
  refresh: (id, publicKey, proof) => call('refresh', registration, { wallet: id, publicKey, proof }),
  balance: (id) => call(`balance?wallet=${id}`, balance),
  screen: async (id, text) => {
    const sent = await call('screen', z.unknown(), { wallet: id, text })
    return sent.ok ? ok(null) : sent
  },
  tillRequest: async () => {
    const seen = await call('till-request', tillRequest)
    return seen.ok ? ok(seen.value.text) : seen
  },
}
