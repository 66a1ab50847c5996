import { z } from 'zod'
import { base64url, hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { paidCode } from '#protocol/hub/paid.ts'
import { nonceAnswer, paidAnswer } from '#protocol/wallet-api/answers.ts'
import { askBank, type BankLine } from '../wallet/bank.ts'
import { counterInMemory, openPhone, type Phone } from '../wallet/phone.ts'

const registration = z.object({ wallet: z.string(), credential: z.string(), balanceMinor: z.int(), currency: z.string() })
const balance = z.object({ balanceMinor: z.int() })

/** A customer with a funded phone, whose hub is reached beside the till's network cable, as a phone's is. */
export type Customer = {
  readonly wallet: string
  readonly startBalanceMinor: number
  /** Text of a fresh code that is merely shown. */
  show(now?: EpochMs): Promise<string>
  /** Text of the answer to a till's request. */
  answer(request: string): Promise<string>
  /** Pays what a till shows at the hub. Text of the receipt that the phone shows then. */
  payAtHub(request: string): Promise<string>
  balanceMinor(): Promise<number>
}

export async function newCustomer(hub: string): Promise<Customer> {
  const signer = signerFromSeed(freshSeed())
  const registered = registration.parse(await post(hub, '/demo/wallets', { publicKey: hex(signer.publicKey) }))
  const credential = unhex(registered.credential)
  if (credential === undefined) throw new Error('the credential is hex')
  const phone: Phone = value(openPhone({ signer, credential, nextCounter: counterInMemory(), randomBytes: (count) => nodeCrypto.randomBytes(count) }))
  return {
    wallet: registered.wallet,
    startBalanceMinor: registered.balanceMinor,
    show: async (now = systemClock.now()) => value(await phone.showCode(now)).text,
    answer: async (request) => value(await phone.answerRequest(request, systemClock.now())).text,
    payAtHub: async (request) => {
      const { bytes } = value(readShownRequest(request))
      const { text: code } = value(await phone.answerRequest(request, systemClock.now()))
      const paid = value(await askBank(bankAt(hub), signer, registered.wallet, { type: 'pay', code, request: base64url(bytes) }))
      return paidCode(unbase64url(paidAnswer.parse(paid).receipt) ?? new Uint8Array(0))
    },
    balanceMinor: async () => balance.parse(value(await askBank(bankAt(hub), signer, registered.wallet, { type: 'statement' }))).balanceMinor,
  }
}

async function post(hub: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, hub), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return await response.json()
}

const bankAt = (hub: string): BankLine<never> => ({
  nonce: async () => ok(nonceAnswer.parse(await post(hub, '/wallet/nonce', {})).nonce),
  send: async (message) => ok(await post(hub, '/wallet/ask', { message })),
})

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.code} ${outcome.detail ?? ''}`)
  return outcome.value
}
