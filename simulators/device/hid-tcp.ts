import { hidFrame, splitHidFrames } from '../../firmware-bridge/transport/hid-tcp-frames.ts'
import type { HidEnd, HidOptions } from './hid.ts'
import { openLine } from './line.ts'

/** A HID device behind a socket, where the system lets nobody make a virtual one. */
export async function openTcpHid({ onOutput, onSetFeature }: HidOptions): Promise<HidEnd> {
  let frames = splitHidFrames()
  const cable = await openLine({
    kind: 'tcp',
    onConnect: () => (frames = splitHidFrames()),
    onBytes(bytes) {
      for (const { kind, report } of frames.add(bytes) ?? []) {
        if (kind === 'output') onOutput?.(report)
        else if (kind === 'feature') onSetFeature?.(report)
      }
    },
  })
  return {
    transport() {
      const at = cable.transport()
      if (at.type !== 'tcp') throw new TypeError('a line over TCP')
      return { ...at, type: 'hid-tcp' }
    },
    get plugged() {
      return cable.plugged
    },
    send: (report) => cable.write(hidFrame('input', report)),
    unplug: () => cable.unplug(),
    replug: () => cable.replug(),
    close: () => cable.close(),
  }
}
