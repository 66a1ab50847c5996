/** Why there is no picture; the sentences about it are in `language/`. */
export type CameraTrouble = 'refused' | 'none' | 'busy' | 'insecure' | 'ended' | 'broken'

/** What `getUserMedia` rejects with (W3C Media Capture and Streams §10.2). */
const byName: Readonly<Record<string, CameraTrouble>> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

export const unplugged: CameraTrouble = 'ended'
export const insecure: CameraTrouble = 'insecure'
export const troubleOf = (error: unknown): CameraTrouble => (error instanceof Error ? (byName[error.name] ?? 'broken') : 'broken')
