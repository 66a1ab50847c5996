import { useState } from 'react'
import type { TillView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { Needs } from './needs.tsx'
import { Rollout } from './rollout.tsx'
import { TillPastPanel } from './till-past.tsx'
import { Tills } from './tills.tsx'
import { fleetWords as words } from '../../fleet-words.ts'
import { actOnNeed, actOnRollout, fetchFleet } from '../../hub.ts'
import { Refusal } from '../../parts/refusal.tsx'
import { useWork } from '../../parts/work.ts'

type Props = { readonly tills: readonly TillView[]; readonly now: EpochMs; readonly onAdd: () => void; readonly onRevoke: (till: TillView) => void }

/** Who needs somebody, how every till is, and what they run next. */
export function Fleet({ tills, now, onAdd, onRevoke }: Props) {
  const { state, acted, who, name, setName, act } = useWork(fetchFleet, now)
  const [opened, setOpened] = useState<Id>()
  const till = tills.find(({ id }) => id === opened)
  return (
    <>
      <Refusal answer={acted} otherwise={words.needs.failed} />
      {state !== undefined && (
        <Needs
          fleet={state}
          now={now}
          who={who}
          name={name}
          setName={setName}
          act={(need, what, said) => act((by) => actOnNeed(need, what, { ...said, ...by }))}
          onOpen={setOpened}
        />
      )}
      <Tills tills={tills} fleet={state?.tills ?? []} now={now} onAdd={onAdd} onRevoke={onRevoke} onOpen={setOpened} />
      {state?.rollout !== undefined && (
        <Rollout rollout={state.rollout} now={now} canAct={who !== ''} act={(what, said) => act((by) => actOnRollout(what, { ...said, ...by }))} />
      )}
      {till !== undefined && (
        <TillPastPanel till={till} health={state?.tills.find(({ id }) => id === till.id)?.health} now={now} onClose={() => setOpened(undefined)} />
      )}
    </>
  )
}
