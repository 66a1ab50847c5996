import { useEffect, useState } from 'react'
import type { TillFile } from '#protocol/hub-api/tills.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fleetWords } from '../../fleet-words.ts'
import { fetchTill, rekeyTill, type Answer } from '../../hub.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Time } from '../../parts/time.tsx'
import { ReasonForm } from '../../parts/work-list.tsx'

const words = fleetWords.till
const MAX_WHY = 200

/** With which keys a till signs and has signed; somebody may have it make another one. `heardAt` says when to look again. */
export function TillKeys({ till, now, heardAt }: { readonly till: Id; readonly now: EpochMs; readonly heardAt: EpochMs | undefined }) {
  const [file, setFile] = useState<TillFile>()
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<null>>()
  useEffect(() => {
    let wanted = true
    void fetchTill(till).then((fetched) => wanted && fetched.ok && setFile(fetched.value))
    return () => void (wanted = false)
  }, [till, heardAt, answer])
  const rekey = async (why: string) => {
    const answered = await rekeyTill(till, why)
    setAnswer(answered)
    return answered.ok
  }
  return (
    <>
      <h3>{words.keys}</h3>
      <ul>
        {file?.keys.map(({ keyId, state, since }) => (
          <li key={keyId}>
            <span className="mono">{keyId}</span> · {words.keyStates[state]} · <Time at={since} now={now} />
          </li>
        ))}
      </ul>
      {answer?.ok === true && <p role="status">{words.rekeyAsked}</p>}
      <Refusal answer={answer} otherwise={words.failed} />
      {asking ? (
        <ReasonForm
          words={{ reason: words.rekeyWhy, yes: words.rekey, cancel: fleetWords.needs.cancel }}
          longest={MAX_WHY}
          say={rekey}
          onClose={() => setAsking(false)}
        >
          <p className="muted">{words.rekeyHint}</p>
        </ReasonForm>
      ) : (
        file?.state === 'in use' && (
          <div className="work-tools">
            <Button needs="administer" onClick={() => setAsking(true)}>
              {words.rekey}
            </Button>
          </div>
        )
      )}
    </>
  )
}
