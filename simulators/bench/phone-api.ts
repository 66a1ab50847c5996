import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { MAX_CODE_CHARS } from '#protocol/payment-code/code.ts'
import { MAX_SCAN_CHARS, walletId } from './contract.ts'
import { askHub, balanceAnswer, credentialAnswer, type HubAnswer } from './hub-demo.ts'
import type { Phones } from './phones.ts'
import type { BenchPorts } from './ports.ts'
import { readJson, refuse, sendBadRequest, sendJson } from './web.ts'

/** What the phone's page asks for: `/wallet/api/…`. A phone's private key never comes here, only its public half. */
const publicKey = z.string().regex(/^[0-9a-f]{64}$/)
const registration = z.strictObject({ publicKey, name: z.string().min(1).max(80).optional() })
/** A phone also proves that it holds the key. The demo hub does not ask for that: a credential is of no use without the key. */
const refreshing = z.strictObject({ wallet: walletId, publicKey, proof: z.string().max(MAX_CODE_CHARS).optional() })
/** Null: nothing to scan is on the screen. */
const screen = z.strictObject({ wallet: walletId, text: z.string().min(1).max(MAX_SCAN_CHARS).nullable() })

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

export function phoneApi(ports: BenchPorts, phones: Phones, changed: () => void): Readonly<Record<string, Handler>> {
  return {
    'POST /wallet/api/register': async (request, response) => {
      const body = await readJson(request, registration)
      if (!body.ok) return sendBadRequest(response, body)
      pass(response, await askHub(ports.hub, '/demo/wallets', credentialAnswer, body.value))
    },
    'POST /wallet/api/refresh': async (request, response) => {
      const body = await readJson(request, refreshing)
      if (!body.ok) return sendBadRequest(response, body)
      const { wallet, publicKey: key } = body.value
      pass(response, await askHub(ports.hub, '/demo/wallets/refresh', credentialAnswer, { wallet, publicKey: key }))
    },
    'GET /wallet/api/balance': async (_request, response, url) => {
      const wallet = walletId.safeParse(url.searchParams.get('wallet'))
      if (!wallet.success) return refuse(response, 400, 'Which wallet?')
      pass(response, await askHub(ports.hub, `/demo/wallets/${wallet.data}`, balanceAnswer))
    },
    'POST /wallet/api/screen': async (request, response) => {
      const body = await readJson(request, screen)
      if (!body.ok) return sendBadRequest(response, body)
      phones.show(body.value.wallet, body.value.text)
      changed()
      response.writeHead(204).end()
    },
    'GET /wallet/api/till-request': (_request, response) => sendJson(response, 200, { text: ports.tillRequest() }),
  }
}

function pass(response: ServerResponse, answer: HubAnswer<unknown>): void {
  if (answer.ok) sendJson(response, 200, answer.value)
  else refuse(response, answer.status, answer.say)
}
