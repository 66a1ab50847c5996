/** A record that is there while a journal has holes that no new epoch has been opened for yet: its file was salvaged. */
export const RECORD_HOLES = 'holes'
