/** Who somebody is at the console, and what he may do there. The hub decides by it; the console offers by it. */
export const consoleRoles = ['viewer', 'operator', 'finance', 'admin'] as const
export type ConsoleRole = (typeof consoleRoles)[number]
/** `money`: what moves it or promises it. `administer`: who may do what. */
export type Right = 'look' | 'operate' | 'money' | 'administer'

const rightsOf: Readonly<Record<ConsoleRole, readonly Right[]>> = {
  viewer: ['look'],
  operator: ['look', 'operate'],
  finance: ['look', 'money'],
  admin: ['look', 'operate', 'money', 'administer'],
}
export const may = (role: ConsoleRole, right: Right): boolean => rightsOf[role].includes(right)
