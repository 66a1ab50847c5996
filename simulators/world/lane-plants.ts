import { parseSign1 } from '#protocol/cose.ts'
import { utf8Text } from '#protocol/bytes.ts'
import type { TillStore } from '../../terminal/core/store.ts'
import type { HubBug } from './hub-machine.ts'
import { LANE_TERMS } from './lane-world.ts'
import { readsHeadsLate } from './planted.ts'
import type { Bug, LaneTerms } from './scene.ts'

/** Bugs among lanes, as `planted.ts` has them for one till: the worlds of `lane-world.ts` have to find each. */
export const lanePlants: Readonly<Record<string, { readonly breaks: readonly number[]; readonly bug?: Bug; readonly terms?: LaneTerms }>> = {
  'the slice is ignored in a partition': { breaks: [3], terms: { ...LANE_TERMS, capped: false } },
  'what lanes lent is there twice after a restart': { breaks: [3], terms: { ...LANE_TERMS, storeMinor: 6000 }, bug: { till: () => ({ store: doublesLoans }) } },
  'a code that was spent is not told to the other lanes': {
    breaks: [13],
    bug: {
      till: () => ({
        lanes: (lanes) => ({
          ...lanes,
          say: (message) => {
            const { kind } = saidIn(message)
            if (kind !== 'spent' && kind !== 'state') lanes.say(message)
          },
        }),
      }),
    },
  },
  'a copy is confirmed that is not on the disk': { breaks: [11], bug: { till: () => ({ store: (store) => without(store, 'copy/') }) } },
  'a neighbour’s copy that comes twice is taken twice': {
    breaks: [4, 5, 6, 12],
    bug: { hub: takesBroughtAgain() },
  },
}

function saidIn(message: Uint8Array): { readonly kind: string } {
  const envelope = parseSign1(message)
  if (!envelope.ok) return { kind: '' }
  return (JSON.parse(utf8Text(envelope.value.payload)) as { says: { kind: string } }).says
}

/** What a neighbour brings is measured by where its till stood before. */
function takesBroughtAgain(): HubBug {
  let bringing = 0
  return {
    openExport: (open) => (chunks, keyOf, onBatch) =>
      open(chunks, keyOf, async (batch) => {
        bringing += 1
        await onBatch(batch)
        bringing -= 1
      }),
    store: (store) => {
      const late = readsHeadsLate(store)
      return { ...late, get: (table, ids) => (bringing > 0 ? late.get(table, ids) : store.get(table, ids)) }
    },
  }
}

function doublesLoans(store: TillStore): TillStore {
  return {
    ...store,
    commit: ({ put = {}, ...change }) => {
      const loans = put['lanes/loans']
      if (loans === undefined) return store.commit({ ...change, put })
      const { given, had } = JSON.parse(loans) as { given: Record<string, number>; had: Record<string, number> }
      const twice = Object.fromEntries(Object.entries(had).map(([till, minor]) => [till, 2 * minor]))
      return store.commit({ ...change, put: { ...put, 'lanes/loans': JSON.stringify({ given, had: twice }) } })
    },
  }
}

/** Records whose names begin so are not stored. */
function without(store: TillStore, prefix: string): TillStore {
  return {
    ...store,
    commit: ({ put = {}, ...change }) => store.commit({ ...change, put: Object.fromEntries(Object.entries(put).filter(([name]) => !name.startsWith(prefix))) }),
  }
}
