/** Whether YYYYMMDD is a day of the Gregorian calendar. */
export function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? []
  if (year === undefined || month === undefined) return false
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1]
  return days !== undefined && Number(day) >= 1 && Number(day) <= days
}

/** YYMMDD. Every fourth year of a two-digit century has its 29 February, 2000 included, so the century does not matter before 2100. */
export const isShortDay = (text: string): boolean => isDay(`20${text}`)
