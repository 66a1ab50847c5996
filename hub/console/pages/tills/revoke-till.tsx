import { useEffect, useState } from 'react'
import type { NewTill, TillView } from '#protocol/hub-api/overview.ts'
import type { TillFile } from '#protocol/hub-api/tills.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchTill, renewTillCode, revokeTill, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { formatTime } from '../../times.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Refusal } from '../../parts/refusal.tsx'

const MAX_WHY = 200

/** What to do about a till that is gone, step by step: what is at risk, its revocation, and the machine in its place. */
export function RevokeTill({ till, now, onClose }: { readonly till: TillView; readonly now: EpochMs; readonly onClose: () => void }) {
  const [why, setWhy] = useState('')
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<unknown>>()
  const [file, setFile] = useState<TillFile>()
  const [made, setMade] = useState<NewTill>()

  const take = (fetched: Answer<TillFile>) => {
    if (fetched.ok) setFile(fetched.value)
    else setAnswer(fetched)
  }
  useEffect(() => {
    let isGone = false
    void fetchTill(till.id).then((fetched) => isGone || take(fetched))
    return () => void (isGone = true)
  }, [till.id])
  const act = async (doing: () => Promise<Answer<unknown>>) => {
    setAsking(true)
    setAnswer(await doing())
    take(await fetchTill(till.id))
    setAsking(false)
  }
  const replace = async () => {
    const code = await renewTillCode(till.id)
    if (code.ok) setMade(code.value)
    return code
  }

  const isRevoked = file?.state === 'revoked'
  return (
    <Dialog title={words.revokeTill.title(till.name)} onClose={onClose}>
      <div className="dialog-form">
        {file !== undefined && <AtRisk file={file} now={now} />}
        {!isRevoked && (
          <>
            <p>{words.revokeTill.hint}</p>
            <p className="muted">{words.revokeTill.importFirst}</p>
            <label htmlFor="revoke-why">{words.revokeTill.why}</label>
            <input id="revoke-why" value={why} maxLength={MAX_WHY} autoComplete="off" onChange={({ target }) => setWhy(target.value)} />
          </>
        )}
        {made !== undefined && (
          <>
            <p>{words.revokeTill.codeHint}</p>
            <output className="told-once mono" aria-label={words.revokeTill.code}>
              {made.code}
            </output>
            <p className="muted">{words.addTill.until(formatTime(made.expiresAt, now))}</p>
          </>
        )}
        <Refusal answer={answer} otherwise={words.revokeTill.failed} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{words.revokeTill.cancel}</Button>
          {isRevoked ? (
            <Button look="primary" disabled={asking || made !== undefined} onClick={() => void act(replace)}>
              {words.revokeTill.replace}
            </Button>
          ) : (
            <Button look="primary" disabled={asking || file === undefined} onClick={() => void act(() => revokeTill(till.id, why.trim()))}>
              {asking ? words.revokeTill.asking : words.revokeTill.yes}
            </Button>
          )}
        </div>
        {file !== undefined && <Acts file={file} now={now} />}
      </div>
    </Dialog>
  )
}

const AtRisk = ({ file: { stands, alone, state, setAside }, now }: { readonly file: TillFile; readonly now: EpochMs }) => (
  <>
    <p>{words.revokeTill.stands(stands.received, stands.epoch)}</p>
    <p>
      {alone === undefined ? words.revokeTill.aloneNothing : words.revokeTill.alone(formatMoney(alone.minor, alone.currency), formatTime(alone.until, now))}
    </p>
    {state === 'revoked' && (
      <p className="muted">
        {words.revokeTill.neighbours} {words.revokeTill.setAside(setAside)}
      </p>
    )}
  </>
)

const Acts = ({ file: { acts }, now }: { readonly file: TillFile; readonly now: EpochMs }) => (
  <ul className="muted">
    {acts.map(({ at, act, by, why }) => (
      <li key={`${at} ${act}`}>
        {formatTime(at, now)} · {by}: {words.revokeTill.acts[act]}
        {why !== undefined && ` (${why})`}
      </li>
    ))}
  </ul>
)
