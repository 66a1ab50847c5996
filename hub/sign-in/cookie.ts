import type { IncomingMessage, ServerResponse } from 'node:http'

/** Over TLS with the prefix that browsers hold to (RFC 6265bis §4.1.3): no other host of the domain can set it. */
const nameOf = (secure: boolean): string => (secure ? '__Host-session' : 'session')

/** What the browser has to show who is signed in: no script reads it, and no page of another site has it sent. */
export function sessionCookie({ headers }: IncomingMessage, secure: boolean): string | undefined {
  const name = `${nameOf(secure)}=`
  const found = headers.cookie?.split('; ').find((part) => part.startsWith(name))
  return found?.slice(name.length)
}

/** `token` undefined: the browser forgets it. It also does when it is closed; the hub ends the session by itself. */
export function setSessionCookie(response: ServerResponse, token: string | undefined, secure: boolean): void {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', ...(secure ? ['Secure'] : []), ...(token === undefined ? ['Max-Age=0'] : [])]
  response.setHeader('set-cookie', [`${nameOf(secure)}=${token ?? ''}`, ...attributes].join('; '))
}
