/** Where an arrow key leads from the tile at `from`, of `count` in rows of `columns`; undefined: out of the grid, upwards. `isRightToLeft`: the first is on the right. */
export function tileAfter(key: string, from: number, count: number, columns: number, isRightToLeft: boolean): number | undefined {
  const onward = isRightToLeft ? 'ArrowLeft' : 'ArrowRight'
  const back = isRightToLeft ? 'ArrowRight' : 'ArrowLeft'
  const last = count - 1
  switch (key) {
    case onward:
      return Math.min(last, from + 1)
    case back:
      return Math.max(0, from - 1)
    case 'ArrowDown':
      return Math.min(last, from + columns)
    case 'ArrowUp':
      return from < columns ? undefined : from - columns
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return from
  }
}
