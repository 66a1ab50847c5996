/**
 * HID reports over TCP, for simulators on systems that have no virtual HID: one byte that says what it is, the length as two bytes (big-endian),
 * the report with its id first, as hidraw gives it.
 */
export const hidFrameKinds = ['input', 'output', 'feature'] as const
/** `input`: device → computer. The other two go to the device: an output report, and one that sets a feature. */
export type HidFrameKind = (typeof hidFrameKinds)[number]
export type HidFrame = { readonly kind: HidFrameKind; readonly report: Uint8Array }

/** The most that Linux lets one report be (HID_MAX_BUFFER_SIZE is larger; its hidraw takes this). */
export const MAX_REPORT_BYTES = 4096

const HEAD_BYTES = 3

export function hidFrame(kind: HidFrameKind, report: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + report.length)
  frame[0] = hidFrameKinds.indexOf(kind) + 1
  new DataView(frame.buffer).setUint16(1, report.length)
  frame.set(report, HEAD_BYTES)
  return frame
}

/**
 * Cuts a byte stream into frames, however it arrives. `add` returns undefined once something cannot be the start of a frame: nothing tells where the
 * next one begins, so the connection is past saving.
 */
export function splitHidFrames(): { add(bytes: Uint8Array): readonly HidFrame[] | undefined } {
  let held = new Uint8Array(0)
  return {
    add(bytes) {
      const all = new Uint8Array(held.length + bytes.length)
      all.set(held)
      all.set(bytes, held.length)
      const view = new DataView(all.buffer)
      const frames: HidFrame[] = []
      let at = 0
      while (at + HEAD_BYTES <= all.length) {
        const kind = hidFrameKinds[view.getUint8(at) - 1]
        const length = view.getUint16(at + 1)
        if (kind === undefined || length === 0 || length > MAX_REPORT_BYTES) return undefined
        const end = at + HEAD_BYTES + length
        if (end > all.length) break
        frames.push({ kind, report: all.slice(at + HEAD_BYTES, end) })
        at = end
      }
      held = all.slice(at)
      return frames
    },
  }
}
