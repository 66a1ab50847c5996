import { ok } from '#protocol/outcome.ts'
import { hidFrame, splitHidFrames } from './hid-tcp-frames.ts'
import { tcpTransport } from './tcp.ts'
import type { Transport } from './transport.ts'

/** A simulated HID device behind a socket (`hid-tcp-frames.ts`): one `bytes` is one input report, as with a real one. */
export function hidTcpTransport(address: { readonly host: string; readonly port: number }): Transport {
  const wire = tcpTransport(address)
  return {
    name: wire.name,
    async open(listener) {
      const frames = splitHidFrames()
      const opened = await wire.open({
        bytes(bytes) {
          const arrived = frames.add(bytes)
          const isWrong = arrived === undefined || arrived.some(({ kind }) => kind !== 'input')
          if (isWrong && opened.ok) return opened.value.close()
          for (const { report } of arrived ?? []) listener.bytes(report)
        },
        closed: listener.closed,
      })
      if (!opened.ok) return opened
      const line = opened.value
      return ok({
        ...line,
        write: (report) => line.write(hidFrame('output', report)),
        sendFeature: (report) => line.write(hidFrame('feature', report)),
      })
    },
  }
}
