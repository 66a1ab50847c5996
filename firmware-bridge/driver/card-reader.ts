import type { ErrorCode } from '#protocol/errors.ts'
import { PLAIN_REPORT_BYTES, takeCardReport, type CardItem, type KeyVariant } from '../codec/card-reports.ts'
import { giveUpSwipe, isSwipeUnfinished, startSwipeFrames, takeSwipeReport, type SwipeFrames } from '../codec/idtech-frame.ts'
import { absent, NOT_OPENED, type Driver, type Effect, type LineEvent, type LineState, type Step } from './machine.ts'
import { SILENT_BEAT } from './scanner.ts'

/** `hid-msr`: a reader without encryption (usage page 8E), for test cards. The others encrypt once keys were put into them. */
export const cardReaderModels = ['hid-msr', 'magtek', 'idtech'] as const
export type CardReaderModel = (typeof cardReaderModels)[number]

/** `key`: which key of a transaction the reader was set to encrypt with, where its reports do not say. */
export type CardReaderConfig = { readonly model: CardReaderModel; readonly key: KeyVariant }

export type CardReaderState = {
  readonly line: LineState
  readonly frames: SwipeFrames
  readonly silentBeats: number
  /** A card came in the clear, or would. */
  readonly isUnencrypted: boolean
  readonly keysUsedUp: boolean
  readonly cards: number
  readonly unreadable: number
  readonly garbageBytes: number
  readonly opened: number
}

/** Nothing of a stripe stays here: reports are overwritten as they are read, and a frame under way when it ends or is given up. */
export function cardReaderDriver({ model, key }: CardReaderConfig): Driver<CardReaderState, LineEvent> {
  const neverEncrypts = model === 'hid-msr'
  return {
    start: {
      line: NOT_OPENED,
      frames: startSwipeFrames,
      silentBeats: 0,
      isUnencrypted: neverEncrypts,
      keysUsedUp: false,
      cards: 0,
      unreadable: 0,
      garbageBytes: 0,
      opened: 0,
    },
    step(state, event) {
      switch (event.type) {
        case 'opened':
          // It may be another reader.
          return { state: { ...state, line: { open: true }, isUnencrypted: neverEncrypts, keysUsedUp: false, opened: state.opened + 1 }, effects: [] }
        case 'closed':
          return took({ ...state, line: { open: false, why: event.why } }, giveUpSwipe(state.frames))
        case 'bytes':
          return took(state, takeReport(state.frames, event.bytes, { model, key }))
        case 'timer':
          if (state.silentBeats === 0) return { state: { ...state, silentBeats: 1 }, effects: [beat] }
          return took(state, giveUpSwipe(state.frames))
      }
    },
    health({ line, isUnencrypted, keysUsedUp, cards, unreadable, garbageBytes, opened }) {
      const counters = { cards, unreadable, garbage_bytes: garbageBytes, opened }
      if (!line.open) return absent(line.why, counters)
      if (keysUsedUp) return { state: 'fault', code: 'device.fault', detail: 'it has used up its keys, and needs new ones', counters }
      return isUnencrypted ? { state: 'ready', ...UNENCRYPTED, counters } : { state: 'ready', counters }
    },
  }
}

const UNENCRYPTED: { readonly code: ErrorCode; readonly detail: string } = {
  code: 'device.card_unencrypted',
  detail: 'it sends card numbers in the clear; they are masked here, and nothing else goes further',
}

const beat: Effect = { type: 'startTimer', timer: 'beat', after: SILENT_BEAT }

type Taken = { readonly frames: SwipeFrames; readonly items: readonly CardItem[] }

function takeReport(frames: SwipeFrames, report: Uint8Array, { model, key }: CardReaderConfig): Taken {
  // An ID TECH reader without keys sends the fixed layout, whose first byte is 0 or 1; a frame begins with 02.
  const isFrame = model === 'idtech' && (isSwipeUnfinished(frames) || report.length !== PLAIN_REPORT_BYTES || report[0] === FRAME_START)
  return isFrame ? takeSwipeReport(frames, report, key) : { frames, items: [takeCardReport(report, key)] }
}

const FRAME_START = 0x02

function took(state: CardReaderState, { frames, items }: Taken): Step<CardReaderState> {
  let { isUnencrypted, keysUsedUp, cards, unreadable, garbageBytes } = state
  const effects: Effect[] = []
  for (const item of items) {
    if (item.type === 'keys_used_up') {
      keysUsedUp = true
      continue
    }
    effects.push({ type: 'report', report: item })
    if (item.type === 'garbage') {
      unreadable++
      garbageBytes += item.bytes
      continue
    }
    cards++
    isUnencrypted ||= item.card.encrypted === undefined
  }
  effects.push(isSwipeUnfinished(frames) ? beat : { type: 'stopTimer', timer: 'beat' })
  return { state: { ...state, frames, silentBeats: 0, isUnencrypted, keysUsedUp, cards, unreadable, garbageBytes }, effects }
}
