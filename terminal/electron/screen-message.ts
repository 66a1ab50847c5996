import { fromScreen, MAX_COMMAND_BYTES, type FromScreen } from '#protocol/till-api/api.ts'

/** The page is sandboxed and may have been taken over by what it shows: its messages are outside input. Undefined for anything but a command. */
export function readFromScreen(data: unknown): FromScreen | undefined {
  if (typeof data !== 'string' || Buffer.byteLength(data) > MAX_COMMAND_BYTES) return undefined
  try {
    return fromScreen.safeParse(JSON.parse(data)).data
  } catch {
    return undefined
  }
}
