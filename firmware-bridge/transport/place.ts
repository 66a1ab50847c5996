/** A device on USB, named by what it says of itself. The serial number is needed only where two of a kind are plugged in. */
export type UsbId = { readonly vendorId: number; readonly productId: number; readonly serialNumber?: string }

/** Where a device is. A path is taken as it is; a USB id is looked for at each opening, since the same device gets another path in another socket. */
export type Place = { readonly path: string } | { readonly usb: UsbId }

export const nameOfUsb = ({ vendorId, productId, serialNumber }: Omit<UsbId, 'serialNumber'> & { readonly serialNumber?: string | undefined }): string =>
  `USB ${hex4(vendorId)}:${hex4(productId)}${serialNumber ? ` with serial number ${serialNumber}` : ''}`

/** As lsusb shows it. */
export const hex4 = (value: number): string => value.toString(16).padStart(4, '0')

/** Of a device on the web, without the user, the password and whatever else its address may hold that is nobody's business. */
export function nameOfAddress(address: string): string {
  const url = URL.parse(address)
  return url === null ? 'a camera' : `${url.protocol}//${url.host}${url.pathname}`
}
