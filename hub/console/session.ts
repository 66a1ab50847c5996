import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { ask, post, type Answer } from './hub.ts'
import type { ConsolePerson, PersonAtConsole, SessionState, ToldInvitation } from '#protocol/hub-api/session.ts'

/** Who is signed in, and how he gets in: see protocol/hub-api/session.ts. */
export const fetchSession = (): Promise<Answer<SessionState>> => ask('/api/session')
export const signIn = (name: string, password: string, code: string): Promise<Answer<ConsolePerson>> => post('/api/session', { name, password, code })
export const signOut = (): Promise<Answer<null>> => post('/api/session/end', {})
export const readInvitation = (token: string): Promise<Answer<ToldInvitation>> => post('/api/invitation', { token })
export const acceptInvitation = (token: string, password: string, code: string): Promise<Answer<ConsolePerson>> =>
  post('/api/invitation/accept', { token, password, code })
export const fetchPeople = (): Promise<Answer<readonly PersonAtConsole[]>> => ask('/api/people')
export const invitePerson = (name: string, role: ConsolePerson['role']): Promise<Answer<{ readonly token: string }>> => post('/api/people', { name, role })
export const removePerson = (id: string): Promise<Answer<null>> => post(`/api/people/${encodeURIComponent(id)}/remove`, {})

/** Undefined: the person changed his mind, or this browser or this address can have none. */
export async function signInByPasskey(): Promise<Answer<ConsolePerson> | undefined> {
  const options = await post<PublicKeyCredentialRequestOptionsJSON>('/api/session/passkey-options', {})
  if (!options.ok) return options
  const said = await startAuthentication({ optionsJSON: options.value }).catch(() => undefined)
  return said && (await post('/api/session/passkey', said))
}
export async function addPasskey(): Promise<Answer<null> | undefined> {
  const options = await post<PublicKeyCredentialCreationOptionsJSON>('/api/passkeys/options', {})
  if (!options.ok) return options
  const said = await startRegistration({ optionsJSON: options.value }).catch(() => undefined)
  return said && (await post('/api/passkeys', said))
}

/** The link of an invitation, as the hub prints it: what stands behind # never reaches a server or its logs. */
export const invitationLink = (token: string): string => `${location.origin}/#invitation=${token}`
export const invitationIn = (hash: string): string | undefined => /^#invitation=([\w-]+)$/.exec(hash)?.[1]
