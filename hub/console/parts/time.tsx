import type { EpochMs } from '#protocol/time.ts'
import { formatTime, formatWhole, machineTime } from '../times.ts'

/** `now` is the hub's, so that "today" means the same as its figures. */
export const Time = ({ at, now }: { readonly at: EpochMs; readonly now: EpochMs }) => (
  <time dateTime={machineTime(at)} title={formatWhole(at)}>
    {formatTime(at, now)}
  </time>
)
