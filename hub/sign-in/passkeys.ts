import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'
import type { KeptPasskey, People, Person, SignInCode } from './people.ts'
import { base64url, unbase64url, utf8 } from '#protocol/bytes.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'
import { MINUTE, type Clock, type EpochMs } from '#protocol/time.ts'

/** As WebAuthn has them (Level 3 §5.1, JSON); what is in them is for the library. */
const text = z.string().max(16_384)
const more = {
  id: text,
  rawId: text,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  authenticatorAttachment: z.string().max(40).optional(),
}
export const registration = z.object({
  ...more,
  response: z.object({ clientDataJSON: text, attestationObject: text, transports: z.array(z.string().max(40)).max(10).optional() }),
})
export const assertion = z.object({
  ...more,
  response: z.object({ clientDataJSON: text, authenticatorData: text, signature: text, userHandle: text.optional() }),
})

/** Of the page, as the browser says it: a passkey is of one host. */
export type Origin = { readonly origin: string; readonly host: string }

/** Loaded by the first one who wants a passkey: it is a third of a second of every start otherwise. */
const library = () => import('@simplewebauthn/server')

const CHALLENGE_LASTS = 5 * MINUTE
const MAX_CHALLENGES = 1000

/**
 * Passkeys (WebAuthn): made while signed in, and then enough by themselves, since the authenticator has asked for a finger or a PIN. Nobody can guess one,
 * so wrong passwords do not lock them: whoever tries those keeps nobody out who has one.
 */
export function createPasskeys(people: Pick<People, 'everybody' | 'find' | 'addPasskey' | 'signInWith'>, clock: Clock) {
  /** Each counts once, for a short while. Lost with the process: whoever was about to sign in presses again. */
  const challenges = new Map<string, EpochMs>()
  const keep = (challenge: string): void => {
    if (challenges.size >= MAX_CHALLENGES) for (const oldest of challenges.keys()) if (challenges.delete(oldest)) break
    challenges.set(challenge, clock.now() + CHALLENGE_LASTS)
  }
  const isOurs = (challenge: string): boolean => {
    const until = challenges.get(challenge)
    challenges.delete(challenge)
    return until !== undefined && until > clock.now()
  }
  const expected = ({ origin, host }: Origin) => ({ expectedChallenge: isOurs, expectedOrigin: origin, expectedRPID: host, requireUserVerification: true })

  return {
    async optionsToAdd({ id, name, passkeys }: Person, { host }: Origin): Promise<object> {
      const options = await (
        await library()
      ).generateRegistrationOptions({
        rpName: 'Stillpoint',
        rpID: host,
        userName: name,
        userID: new Uint8Array(utf8(id)),
        excludeCredentials: passkeys.map((known) => ({ id: known.id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      keep(options.challenge)
      return options
    },
    async add(person: Person, said: z.infer<typeof registration>, where: Origin): Promise<Outcome<void, SignInCode | 'api.who'>> {
      // An answer that does not fit throws: whatever it was, it is no passkey.
      const { verifyRegistrationResponse } = await library()
      const checked = await verifyRegistrationResponse({ response: said as RegistrationResponseJSON, ...expected(where) }).catch(() => undefined)
      if (checked?.verified !== true) return fail('signin.wrong')
      const { id, publicKey, counter, transports } = checked.registrationInfo.credential
      return await people.addPasskey(person.id, {
        id,
        publicKey: base64url(new Uint8Array(publicKey)),
        counter,
        addedAt: clock.now(),
        ...(transports !== undefined && { transports }),
      })
    },
    async options({ host }: Origin): Promise<object> {
      const options = await (await library()).generateAuthenticationOptions({ rpID: host, userVerification: 'required' })
      keep(options.challenge)
      return options
    },
    async signIn(said: z.infer<typeof assertion>, where: Origin): Promise<Outcome<{ readonly token: string; readonly person: Person }, SignInCode>> {
      const all = await people.everybody()
      const person = all.find(({ passkeys }) => passkeys.some(({ id }) => id === said.id))
      const known = person?.passkeys.find(({ id }) => id === said.id)
      const publicKey = known && unbase64url(known.publicKey)
      if (person === undefined || known === undefined || publicKey === undefined) return fail('signin.wrong')
      const { verifyAuthenticationResponse } = await library()
      const checked = await verifyAuthenticationResponse({
        response: said as AuthenticationResponseJSON,
        ...expected(where),
        credential: { id: known.id, publicKey: new Uint8Array(publicKey), counter: known.counter },
      }).catch(() => undefined)
      if (checked?.verified !== true) return fail('signin.wrong')
      const used: KeptPasskey = { ...known, counter: checked.authenticationInfo.newCounter }
      return await people.signInWith(person, used)
    },
  }
}
