import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { WalletDesk } from '../wallets/desk.ts'
import { unbase64url } from '#protocol/bytes.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { MAX_ASK_BYTES } from '#protocol/wallet-api/ask.ts'

const nothing = z.strictObject({})
/** An ask as `protocol/wallet-api/ask.ts` has it, in base64url. */
const asked = z.strictObject({ message: z.string().max(Math.ceil((MAX_ASK_BYTES * 4) / 3)) })

/** What phones ask their bank. Whoever asks says so by a signature; where he stands does not matter. */
export const walletRoutes = (desk: WalletDesk): [string, Handler][] => [
  ['GET /wallet/keys', (_request, response) => sendJson(response, 200, desk.keys())],
  ['POST /wallet/nonce', posted(nothing, () => ok({ nonce: desk.nonce() }))],
  [
    'POST /wallet/ask',
    posted(asked, async ({ message }) => {
      const bytes = unbase64url(message)
      return bytes === undefined ? fail('wire.malformed', 'the message is not base64url') : await desk.ask(bytes)
    }),
  ],
]
