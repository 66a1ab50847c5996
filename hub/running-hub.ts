import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { authorizationOf, commandKeyIn } from './sign-in/command-key.ts'
import { isLoopback } from '#protocol/hub/messages.ts'

/** A hub that commands ask over HTTP, and what they show it where people have to sign in. */
export type RunningHub = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

const ADDRESS = 'http-address'
/** Of a hub that is not in a folder of this machine; not an argument, since those are read by everybody on it. */
const KEY_VARIABLE = 'STILLPOINT_COMMAND_KEY'

/** The hub of a folder, as it says where it is; undefined: none runs there. One that was killed leaves that behind: see `answerOf`. */
export function runningHubIn(data: string): RunningHub | undefined {
  if (!existsSync(join(data, ADDRESS))) return undefined
  return withKey(readFileSync(join(data, ADDRESS), 'utf8').trim(), commandKeyIn(data))
}

/** A hub by its address. Its key is in the environment, and goes over TLS or nowhere but to this machine. */
export function hubAt(url: string): RunningHub {
  const isSafe = URL.canParse(url) && (new URL(url).protocol === 'https:' || isLoopback(new URL(url).hostname))
  return withKey(url, isSafe ? process.env[KEY_VARIABLE] : undefined)
}

const withKey = (url: string, key: string | undefined): RunningHub => ({ url, headers: key === undefined ? {} : { authorization: authorizationOf(key) } })

const refused = z.object({ cause: z.object({ code: z.literal('ECONNREFUSED') }) })

/** Undefined when nobody listens there. Any other failure is thrown: a hub may well run there, and its files are its own. */
export async function answerOf(
  { url, headers }: RunningHub,
  path: string,
  init: RequestInit & { readonly headers?: Record<string, string> } = {},
): Promise<Response | undefined> {
  try {
    return await fetch(new URL(path, url), { ...init, headers: { ...init.headers, ...headers } })
  } catch (error) {
    if (refused.safeParse(error).success) return undefined
    throw error
  }
}

/** What to do about a 401. */
export const HOW_TO_BE_LET_IN = `people sign in at this hub: run this as the user who runs the hub and name its folder, or put what its file command-key says into ${KEY_VARIABLE}`
