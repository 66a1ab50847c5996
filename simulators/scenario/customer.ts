import { z } from 'zod'
import { hex, unhex } from '#protocol/bytes.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
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
  balanceMinor(): Promise<number>
}

export async function newCustomer(hub: string): Promise<Customer> {
  const signer = signerFromSeed(freshSeed())
  const response = await fetch(new URL('/demo/wallets', hub), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ publicKey: hex(signer.publicKey) }),
  })
  const registered = registration.parse(await response.json())
  const credential = unhex(registered.credential)
  if (credential === undefined) throw new Error('the credential is hex')
  const phone: Phone = value(openPhone({ signer, credential, nextCounter: counterInMemory(), randomBytes: (count) => nodeCrypto.randomBytes(count) }))
  return {
    wallet: registered.wallet,
    startBalanceMinor: registered.balanceMinor,
    show: async (now = systemClock.now()) => value(await phone.showCode(now)).text,
    answer: async (request) => value(await phone.answerRequest(request, systemClock.now())).text,
    balanceMinor: async () => balance.parse(await (await fetch(new URL(`/demo/wallets/${registered.wallet}`, hub))).json()).balanceMinor,
  }
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.code} ${outcome.detail ?? ''}`)
  return outcome.value
}
