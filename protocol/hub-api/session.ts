/**
 * Console ⇄ hub: who is signed in. `GET /api/session` answers a `SessionState`; `POST /api/session` `{ name, password, code }` begins one (a cookie that no
 * script reads), `POST /api/session/end` ends it. Where nobody has enrolled nothing is asked, and only this machine is served.
 */
export type ConsolePerson = { readonly name: string; readonly role: 'viewer' | 'operator' | 'finance' | 'admin' }
export type SessionState = { readonly needed: boolean; readonly person?: ConsolePerson }

/** `POST /api/invitation` `{ token }`: what goes into an authenticator. `POST /api/invitation/accept` `{ token, password, code }` takes it up. */
export type ToldInvitation = ConsolePerson & { readonly uri: string; readonly secret: string }

/** `GET /api/people`: for administrators. */
export type PersonAtConsole = ConsolePerson & { readonly id: string; readonly passkeys: number; readonly locked: boolean }
