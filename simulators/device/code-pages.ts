/**
 * The upper halves (0x80 to 0xFF) of the character tables an ESC/POS printer selects with ESC t n (Epson "Character Code Tables"). 0x20 to 0x7E are
 * ASCII in all of them. Written from the tables, not from any encoder's data: both ends would share one mistake.
 */
const BOX = '░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀'
const PC437 = `ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»${BOX}αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0`
const PC850 = 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0'
const PC852 = 'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0'
const PC866 = `АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп${BOX}рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u00a0`
const WPC1252 = `€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ${Array.from({ length: 96 }, (_, i) => String.fromCharCode(0xa0 + i)).join('')}`

/** The tables that are ISO's and Microsoft's, with the numbers that Epson gives them. */
const STANDARDS = {
  39: 'iso-8859-2',
  40: 'iso-8859-15',
  45: 'windows-1250',
  46: 'windows-1251',
  47: 'windows-1253',
  48: 'windows-1254',
  51: 'windows-1257',
} as const
const upperHalf = Uint8Array.from({ length: 128 }, (_, at) => 0x80 + at)

const tables: ReadonlyMap<number, string> = new Map([
  ...Object.entries(STANDARDS).map(([n, name]) => [Number(n), new TextDecoder(name).decode(upperHalf)] as const),
  [0, PC437],
  [2, PC850],
  [16, WPC1252],
  [17, PC866],
  [18, PC852],
  [19, PC850.replace('ı', '€')],
])

export const hasCodePage = (n: number): boolean => tables.has(n)

/** What a printer prints for a byte in table `n`. A table it does not have leaves the one before, as `hasCodePage` tells. */
export function charOf(n: number, byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : (tables.get(n)?.charAt(byte - 0x80) ?? '\ufffd')
}
