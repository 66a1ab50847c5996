import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { bankKeysAnswer, nonceAnswer } from '#protocol/wallet-api/answers.ts'
import { MAX_ASK_BYTES } from '#protocol/wallet-api/ask.ts'
import { MAX_SCAN_CHARS, walletId } from './contract.ts'
import { askHub, type HubAnswer } from './hub-demo.ts'
import type { Phones } from './phones.ts'
import type { BenchPorts } from './ports.ts'
import { readJson, refuse, sendBadRequest, sendJson } from './web.ts'

/** What the phone's page asks for: `/wallet/api/…`. A phone's private key never comes here, only what it signed. */
/** What a phone has signed for its bank: nobody on the way can read more out of it than its codes show, or change it. */
const asked = z.strictObject({ message: z.string().max(Math.ceil((MAX_ASK_BYTES * 4) / 3)) })
const nothing = z.strictObject({})
/** Null: nothing to scan is on the screen. */
const screen = z.strictObject({ wallet: walletId, text: z.string().min(1).max(MAX_SCAN_CHARS).nullable() })

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

export function phoneApi(ports: BenchPorts, phones: Phones, changed: () => void): Readonly<Record<string, Handler>> {
  return {
    'POST /wallet/api/nonce': async (request, response) => {
      const body = await readJson(request, nothing)
      if (!body.ok) return sendBadRequest(response, body)
      pass(response, await askHub(ports.hub, '/wallet/nonce', nonceAnswer, body.value))
    },
    'POST /wallet/api/ask': async (request, response) => {
      const body = await readJson(request, asked)
      if (!body.ok) return sendBadRequest(response, body)
      pass(response, await askHub(ports.hub, '/wallet/ask', z.unknown(), body.value))
    },
    'GET /wallet/api/keys': async (_request, response) => pass(response, await askHub(ports.hub, '/wallet/keys', bankKeysAnswer)),
    'POST /wallet/api/screen': async (request, response) => {
      const body = await readJson(request, screen)
      if (!body.ok) return sendBadRequest(response, body)
      phones.show(body.value.wallet, body.value.text)
      changed()
      response.writeHead(204).end()
    },
    'GET /wallet/api/till-request': (_request, response) => sendJson(response, 200, { text: ports.tillRequest() ?? ports.tillReceipt() }),
  }
}

function pass(response: ServerResponse, answer: HubAnswer<unknown>): void {
  if (answer.ok) sendJson(response, 200, answer.value)
  else refuse(response, answer.status, answer.say, answer.code)
}
