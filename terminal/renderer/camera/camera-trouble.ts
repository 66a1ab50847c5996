/** Why there is no picture, and what a person can do about it. */
export type CameraTrouble = { readonly say: string; readonly next: string }

const troubles = {
  refused: {
    say: 'This page may not use the camera.',
    next: 'Allow it with the camera sign beside the address, or in the system’s settings, then try again.',
  },
  none: { say: 'There is no camera.', next: 'Plug one in, then try again.' },
  busy: { say: 'Another program is using the camera.', next: 'Close it, then try again.' },
  insecure: { say: 'The camera works only where the till itself runs.', next: 'Open the screen on the till, at its own address.' },
  ended: { say: 'The camera was unplugged.', next: 'Plug it in, then try again.' },
  broken: { say: 'The camera gives no picture.', next: 'Unplug it and plug it in again. If it stays, call support.' },
} as const satisfies Record<string, CameraTrouble>

/** What `getUserMedia` rejects with (W3C Media Capture and Streams §10.2). */
const byName: Readonly<Record<string, CameraTrouble>> = {
  NotAllowedError: troubles.refused,
  SecurityError: troubles.refused,
  NotFoundError: troubles.none,
  OverconstrainedError: troubles.none,
  NotReadableError: troubles.busy,
  AbortError: troubles.busy,
}

export const unplugged: CameraTrouble = troubles.ended
export const insecure: CameraTrouble = troubles.insecure
export const troubleOf = (error: unknown): CameraTrouble => (error instanceof Error ? (byName[error.name] ?? troubles.broken) : troubles.broken)
