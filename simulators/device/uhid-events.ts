/** `struct uhid_event` of linux/uhid.h: packed, in the byte order of the machine, which is little-endian wherever Node runs today. */
export const UHID_EVENT_BYTES = 4380

const TYPE = { output: 6, getReport: 9, getReportReply: 10, create2: 11, input2: 12, setReport: 13, setReportReply: 14 } as const
const BUS_USB = 3
const EIO = 5

type Identity = {
  readonly product: string
  readonly physical: string
  readonly serialNumber: string
  readonly vendorId: number
  readonly productId: number
  readonly reportDescriptor: Uint8Array
}

/** UHID_CREATE2: name[128] phys[64] uniq[64] rd_size bus vendor product version country rd_data[4096]. */
export function uhidCreate({ product, physical, serialNumber, vendorId, productId, reportDescriptor }: Identity): Uint8Array {
  const event = start(TYPE.create2, 280 + reportDescriptor.length)
  event.write(product, 4, 127)
  event.write(physical, 132, 63)
  event.write(serialNumber, 196, 63)
  event.writeUInt16LE(reportDescriptor.length, 260)
  event.writeUInt16LE(BUS_USB, 262)
  event.writeUInt32LE(vendorId, 264)
  event.writeUInt32LE(productId, 268)
  event.set(reportDescriptor, 280)
  return event
}

/** UHID_INPUT2: size, data. */
export function uhidInput(report: Uint8Array): Uint8Array {
  const event = start(TYPE.input2, 6 + report.length)
  event.writeUInt16LE(report.length, 4)
  event.set(report, 6)
  return event
}

/** UHID_GET_REPORT_REPLY: id, err, size, data. */
export function uhidGetReply(request: number, report: Uint8Array | undefined): Uint8Array {
  const event = start(TYPE.getReportReply, 12 + (report?.length ?? 0))
  event.writeUInt32LE(request, 4)
  event.writeUInt16LE(report ? 0 : EIO, 8)
  event.writeUInt16LE(report?.length ?? 0, 10)
  event.set(report ?? [], 12)
  return event
}

/** UHID_SET_REPORT_REPLY: id, err. */
export function uhidSetReply(request: number): Uint8Array {
  const event = start(TYPE.setReportReply, 10)
  event.writeUInt32LE(request, 4)
  return event
}

/** What the system may send to a device; starts, stops, opens and closes are nobody's business here. */
export type UhidEvent =
  | { readonly type: 'output'; readonly report: Uint8Array }
  | { readonly type: 'get'; readonly request: number; readonly id: number }
  | { readonly type: 'set'; readonly request: number; readonly report: Uint8Array }

/** OUTPUT: data[4096] size. GET_REPORT: id rnum rtype. SET_REPORT: id rnum rtype size data. */
export function readUhidEvent(bytes: Uint8Array): UhidEvent | undefined {
  const event = Buffer.from(bytes)
  switch (event.readUInt32LE(0)) {
    case TYPE.output:
      return { type: 'output', report: Uint8Array.from(event.subarray(4, 4 + event.readUInt16LE(4100))) }
    case TYPE.getReport:
      return { type: 'get', request: event.readUInt32LE(4), id: event.readUInt8(8) }
    case TYPE.setReport:
      return { type: 'set', request: event.readUInt32LE(4), report: Uint8Array.from(event.subarray(12, 12 + event.readUInt16LE(10))) }
    default:
      return undefined
  }
}

/** The rest of the event is zeros, which the system fills in for what is not sent. */
function start(type: number, length: number): Buffer {
  const event = Buffer.alloc(length)
  event.writeUInt32LE(type)
  return event
}
