import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { CommandKey } from './command-key.ts'
import { sessionCookie, setSessionCookie } from './cookie.ts'
import { assertion, createPasskeys, registration, type Origin } from './passkeys.ts'
import { MIN_PASSWORD, type People, type Person } from './people.ts'
import { rightFor } from './rights.ts'
import { consoleRoles, may } from '#protocol/hub-api/rights.ts'
import { refuse, sendJson } from '../api/guard.ts'
import { posted, type Handler } from '../api/posted.ts'
import { allowances, networkOf, type Left } from '../api/v1/allowance.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { SessionState, ToldInvitation } from '#protocol/hub-api/session.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

/** Names are compared by people who decide whether two are one: nothing in them that no eye sees, and one way to write each letter. */
const line = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .normalize('NFKC')
  .regex(/^[^\p{C}]+$/u)
/** NIST SP 800-63B: at least 64 characters have to be possible. */
const password = z.string().min(MIN_PASSWORD).max(256)
const nothing = z.strictObject({})
const credentials = z.strictObject({ name: line, password: z.string().max(256), code: z.string().max(10) })
const link = z.strictObject({ token: z.string().max(100) })
const acceptance = z.strictObject({ token: z.string().max(100), password, code: z.string().max(10) })
const newPerson = z.strictObject({ name: line, role: z.enum(consoleRoles) })

/** From one address. Each try costs 30 ms of the hub's only thread. */
const TRIES = { burst: 10, perSecond: 0.2 }
/** Challenges of which only so many are kept. */
const QUESTIONS = { burst: 30, perSecond: 0.5 }

export type SignIn = ReturnType<typeof createSignIn>
export type SignInPorts = {
  readonly people: People
  readonly clock: Clock
  /** Whether the page comes over TLS. */
  readonly secure: boolean
  readonly commands?: CommandKey | undefined
}

/** Who may do what at the console. */
export function createSignIn({ people, clock, secure, commands }: SignInPorts) {
  const passkeys = createPasskeys(people, clock)
  const tries = allowances(clock, TRIES)
  const questions = allowances(clock, QUESTIONS)
  /** As whom each request was let in. */
  const admitted = new WeakMap<IncomingMessage, string>()
  const show = ({ name, role }: Person) => ({ name, role })

  const whoAsks = async (request: IncomingMessage): Promise<Person | undefined> => {
    const token = sessionCookie(request, secure)
    return token === undefined ? undefined : await people.inSession(token)
  }
  /** The page, as its browser says it: nobody else's could ask (`isOurs`). */
  const originOf = ({ headers: { origin } }: IncomingMessage): Origin => ({ origin: origin ?? '', host: origin === undefined ? '' : new URL(origin).hostname })

  /** From one network of addresses: who asks without end neither keeps the hub busy nor pushes out what others are about to answer. */
  const sparingly =
    (spend: (who: string) => Left, handle: Handler): Handler =>
    async (request, response, id) => {
      const left = spend(networkOf(request.socket.remoteAddress ?? ''))
      if (!left.allowed) return refuse(response.setHeader('retry-after', left.waitSeconds), 429, 'api.too_often')
      await handle(request, response, id)
    }
  const beginning =
    <S extends z.ZodType>(
      schema: S,
      act: (body: z.infer<S>, request: IncomingMessage) => Promise<Outcome<{ readonly token: string; readonly person: Person }, ErrorCode>>,
    ): Handler =>
    async (request, response, id) => {
      await sparingly(
        tries,
        posted(schema, async (body) => {
          const begun = await act(body, request)
          if (begun.ok) setSessionCookie(response, begun.value.token, secure)
          return begun.ok ? ok(show(begun.value.person)) : begun
        }),
      )(request, response, id)
    }
  const self = async (request: IncomingMessage): Promise<Outcome<Person, 'api.who'>> => {
    const person = await whoAsks(request)
    return person === undefined ? fail('api.who') : ok(person)
  }

  const routes: [string, Handler][] = [
    [
      'GET /api/session',
      async (request, response) => {
        const person = await whoAsks(request)
        sendJson(response, 200, { needed: people.isNeeded(), ...(person && { person: show(person) }) } satisfies SessionState)
      },
    ],
    ['POST /api/session', beginning(credentials, ({ name, password: word, code }) => people.signIn(name, word, code))],
    [
      'POST /api/session/passkey-options',
      sparingly(
        questions,
        posted(nothing, async (_body, _id, request) => ok(await passkeys.options(originOf(request)))),
      ),
    ],
    ['POST /api/session/passkey', beginning(assertion, (said, request) => passkeys.signIn(said, originOf(request)))],
    [
      'POST /api/session/end',
      async (request, response) => {
        const token = sessionCookie(request, secure)
        if (token !== undefined) await people.signOut(token)
        setSessionCookie(response, undefined, secure)
        sendJson(response, 200, null)
      },
    ],
    ['POST /api/invitation', posted(link, ({ token }): Promise<Outcome<ToldInvitation, ErrorCode>> => people.invited(token))],
    ['POST /api/invitation/accept', beginning(acceptance, ({ token, password: word, code }) => people.accept(token, word, code))],
    [
      'POST /api/passkeys/options',
      posted(nothing, async (_body, _id, request) => {
        const person = await self(request)
        return person.ok ? ok(await passkeys.optionsToAdd(person.value, originOf(request))) : person
      }),
    ],
    [
      'POST /api/passkeys',
      posted(registration, async (body, _id, request) => {
        const person = await self(request)
        return person.ok ? await passkeys.add(person.value, body, originOf(request)) : person
      }),
    ],
    [
      'GET /api/people',
      async (_request, response) => {
        const all = await people.everybody()
        sendJson(
          response,
          200,
          all.map(({ id, name, role, passkeys: keys, lockedUntil }) => ({ id, name, role, passkeys: keys.length, locked: lockedUntil > clock.now() })),
        )
      },
    ],
    [
      'POST /api/people',
      posted(newPerson, async ({ name, role }, _id, request) => {
        const person = await self(request)
        if (!person.ok) return person
        const token = await people.invite(name, role, `person/${person.value.id}`)
        return token.ok ? ok({ token: token.value }) : token
      }),
    ],
    [
      'POST /api/people/:id/remove',
      posted(nothing, async (_body, id, request) => {
        const person = await self(request)
        return person.ok ? await people.remove(id, `person/${person.value.id}`) : person
      }),
    ],
  ]
  return { routes, admits, nameOf }

  /** Of who was admitted with this request, whatever has become of his session since. Undefined: nobody has to sign in. */
  function nameOf(request: IncomingMessage): Promise<string | undefined> {
    const name = admitted.get(request)
    invariant(name !== undefined || !people.isNeeded(), 'who acts is signed in, once anybody has to be')
    return Promise.resolve(name)
  }

  /** True when whoever asks may have `route` done. Otherwise he has been told why not. */
  async function admits(route: string, request: IncomingMessage, response: ServerResponse, id: string): Promise<boolean> {
    const right = rightFor(route)
    if (right === undefined || !people.isNeeded()) return true
    // No page has it: what a browser adds by itself is a cookie, so there is nothing to forge here.
    if (commands?.admits(route, request.headers.authorization) === true) {
      admitted.set(request, 'command')
      return route.startsWith('GET ') || (await isNoted('command', route, id, response))
    }
    const person = await whoAsks(request)
    if (person === undefined) {
      refuse(response, 401, 'api.who')
      return false
    }
    admitted.set(request, person.name)
    if (!may(person.role, right)) {
      if (!route.startsWith('GET ')) await people.note(`person/${person.id}`, route, id, 'api.not_allowed')
      refuse(response, 403, 'api.not_allowed')
      return false
    }
    if (route.startsWith('GET ')) return true
    // Browsers say where a change comes from; who does not is no page of ours.
    if (request.headers.origin === undefined) {
      refuse(response, 403, 'api.not_allowed', 'no Origin')
      return false
    }
    return await isNoted(`person/${person.id}`, route, id, response)
  }

  /** What cannot be written down is not done. */
  async function isNoted(who: string, route: string, id: string, response: ServerResponse): Promise<boolean> {
    if (await people.note(who, route, id)) return true
    refuse(response, 507, 'till.disk_full')
    return false
  }
}
