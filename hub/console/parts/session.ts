import { createContext, useContext } from 'react'
import { may, type Right } from '#protocol/hub-api/rights.ts'
import type { SessionState } from '#protocol/hub-api/session.ts'

/** Who is signed in. Undefined until the hub has said so. */
export const Session = createContext<SessionState | undefined>(undefined)

/** Whether something is offered to whoever looks: everything where nobody has to sign in. The hub decides by itself. */
export function useMay(): (right: Right) => boolean {
  const person = useContext(Session)?.person
  return (right) => person === undefined || may(person.role, right)
}
