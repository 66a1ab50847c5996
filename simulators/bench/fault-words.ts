/** What each fault of a simulated device does, in the words of the page and of its log. The names are those that the devices give them. */
const words: Readonly<Record<string, string>> = {
  noise: 'Noise on the line',
  garbage: 'Sends bytes that are no picture',
  half_frame: 'Breaks off half way',
  half_report: 'Breaks off half way',
  half_answer: 'Answer breaks off',
  unplug_mid_frame: 'Unplugged half way',
  unplug_mid_code: 'Unplugged in a code',
  unplug_mid_card: 'Unplugged in a swipe',
  unplug_mid_receipt: 'Unplugged in a receipt',
  wrong_checksum: 'Wrong checksums',
  wrong_framing: 'Wrong end of each code',
  wrong_length: 'Codes of a wrong length',
  wrong_status: 'Status that makes no sense',
  status_storm: 'Status without end',
  nak_storm: 'Refuses everything (NAK)',
  drifting_zero: 'Zero drifts',
  stuck_key: 'Trigger is stuck',
  flood: 'Sends without end',
  slow: 'Very slow',
  frozen: 'Frozen',
  garbled: 'Garbled figures',
  bad_swipe: 'Card drawn too fast',
  unreadable: 'Card cannot be read',
  keys_used_up: 'Its keys are used up',
  paper_out_mid_receipt: 'Paper ends in a receipt',
  cover_open_mid_receipt: 'Cover opened in a receipt',
  cutter_jam: 'Cutter jams',
  endless_frame: 'Picture without end',
  unauthorised: 'Asks for a password',
  well: 'All well again',
}

export const hasFaultWords = (kind: string): boolean => Object.hasOwn(words, kind)

/** A fault that has no words here, as only a test's has, is said by its name. */
export const faultWords = (kind: string): string => (hasFaultWords(kind) ? (words[kind] ?? kind) : kind.replaceAll('_', ' '))
