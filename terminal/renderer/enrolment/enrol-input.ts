import type { Command } from '#protocol/till-api/api.ts'

type Enrol = Extract<Command, { type: 'enrol' }>

/** The command of what was typed, or which field does not hold what it should. The limits are those of the command. */
export function enrolInput(hubTyped: string, codeTyped: string): { readonly command: Enrol } | { readonly wrong: 'hub' | 'code' } {
  const hub = hubTyped.trim()
  const code = codeTyped.trim()
  if (hub.length > 300 || !/^https?:\/\//i.test(hub) || !URL.canParse(hub)) return { wrong: 'hub' }
  if (code.length < 10 || code.length > 64) return { wrong: 'code' }
  return { command: { type: 'enrol', hub, code } }
}
