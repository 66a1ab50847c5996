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

const tables: ReadonlyMap<number, string> = new Map([
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
