import type { PrintDocument } from '#protocol/device/messages.ts'

/** A page that shows what a printer can do: alignment, weights and sizes, columns, letters beyond ASCII, a QR code. Whoever looks at it sees what is wrong. */
export function testPage(shop: string, till: string): PrintDocument {
  return [
    { kind: 'text', text: 'TEST PAGE', align: 'center', bold: true, size: 'double' },
    { kind: 'pair', left: shop, right: till },
    { kind: 'rule' },
    { kind: 'text', text: 'left' },
    { kind: 'text', text: 'centre', align: 'center' },
    { kind: 'text', text: 'right', align: 'right' },
    { kind: 'text', text: 'bold', bold: true },
    { kind: 'text', text: 'double', size: 'double' },
    { kind: 'rule' },
    { kind: 'text', text: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' },
    { kind: 'text', text: 'abcdefghijklmnopqrstuvwxyz' },
    { kind: 'text', text: '0123456789 .,:;-+*/%&()!?' },
    { kind: 'text', text: 'ÄÖÜ äöü ß éèê ñ ç å ø € £' },
    { kind: 'text', text: '收银台 测试页' },
    { kind: 'rule' },
    { kind: 'pair', left: 'A long name of a product that does not fit on one line of any printer', right: '1234.56', bold: true },
    { kind: 'pair', left: '  0.486 kg x 2.99 EUR/kg', right: '1.45' },
    { kind: 'rule' },
    { kind: 'qr', data: 'TEST PAGE' },
    { kind: 'text', text: 'End of the test page', align: 'center' },
  ]
}
