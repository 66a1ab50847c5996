import { useEffect, useState } from 'react'
import type { ProgramView, ToldKey, ToldProgram } from '#protocol/hub-api/programs.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchPrograms, makeKey, revokeKey, revokeProgram, type Answer } from '../../hub.ts'
import { programWords as words } from '../../program-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { PlusIcon } from '../../parts/icons.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { useMay } from '../../parts/session.ts'
import { Time } from '../../parts/time.tsx'
import { AddProgram } from './add-program.tsx'
import { Told } from './told.tsx'
import { Webhooks } from './webhooks.tsx'
import './programs.css'

/** Which programs may use the API, and where they are told of what happens. */
export function Programs({ now }: { readonly now: EpochMs }) {
  const may = useMay()
  return (
    <>
      {may('administer') && <Clients now={now} />}
      <Webhooks now={now} />
    </>
  )
}

function Clients({ now }: { readonly now: EpochMs }) {
  const [programs, setPrograms] = useState<readonly ProgramView[]>()
  const [isAdding, setAdding] = useState(false)
  const [told, setTold] = useState<ToldProgram>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    void fetchPrograms().then((answer) => (answer.ok ? setPrograms(answer.value) : undefined))
  }, [turn])
  const again = () => setTurn((before) => before + 1)
  return (
    <Section
      id="programs"
      title={words.title}
      tools={
        <Button needs="administer" onClick={() => setAdding(true)}>
          <PlusIcon />
          {words.add}
        </Button>
      }
    >
      <p className="work-item muted">{words.hint}</p>
      {isAdding && (
        <AddProgram
          onMade={(made) => {
            setAdding(false)
            setTold(made)
            again()
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {told !== undefined && <Told said={{ [words.id]: told.id, [words.secret]: told.secret }} onClose={() => setTold(undefined)} />}
      {programs?.length === 0 && <p className="section-empty">{words.none}</p>}
      <ul>
        {programs?.map((program) => (
          <li key={program.id} className="work-item" aria-label={program.name}>
            <Program program={program} now={now} onChanged={again} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Program({ program, now, onChanged }: { readonly program: ProgramView; readonly now: EpochMs; onChanged(): void }) {
  const { id, name, merchant, scopes, createdAt, revokedAt, keys } = program
  const [answer, setAnswer] = useState<Answer<unknown>>()
  const [told, setTold] = useState<ToldKey>()
  const [isRevoking, setRevoking] = useState(false)
  const act = async <T,>(asked: Promise<Answer<T>>): Promise<T | undefined> => {
    const done = await asked
    setAnswer(done)
    if (!done.ok) return undefined
    onChanged()
    return done.value
  }
  const isLive = revokedAt === undefined
  return (
    <>
      <p className="work-head">
        <strong>{name}</strong>
        <Chip tone={isLive ? 'done' : 'ended'}>{isLive ? words.live : words.revoked}</Chip>
      </p>
      <p className="muted">
        {merchant.startsWith('sandbox-') && `${words.isSandbox} · `}
        <Time at={createdAt} now={now} /> · {scopes.join(', ')}
      </p>
      <p className="muted mono program-id">{id}</p>
      {told !== undefined && <Told said={{ [words.key]: told.key }} onClose={() => setTold(undefined)} />}
      {isLive && keys.length > 0 && (
        <ul className="program-keys" aria-label={words.keys(keys.length)}>
          {keys.map((key) => (
            <li key={key.id}>
              <span>
                {words.key} …{key.id.slice(-6)}{' '}
                <span className="muted">
                  {key.lastUsedAt === undefined ? (
                    words.neverUsed
                  ) : (
                    <>
                      {words.used} <Time at={key.lastUsedAt} now={now} />
                    </>
                  )}
                </span>
              </span>
              <Button needs="administer" look="quiet" onClick={() => void act(revokeKey(id, key.id))}>
                {words.revokeKey}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isLive && (
        <div className="work-tools">
          <Button needs="administer" onClick={() => void act(makeKey(id)).then(setTold)}>
            {words.newKey}
          </Button>
          <Button needs="administer" aria-expanded={isRevoking} onClick={() => setRevoking(!isRevoking)}>
            {words.revoke}
          </Button>
        </div>
      )}
      {isLive && isRevoking && (
        <div className="work-tools">
          <p>{words.revokeHint}</p>
          <Button needs="administer" look="primary" onClick={() => void act(revokeProgram(id))}>
            {words.revokeYes}
          </Button>
          <Button onClick={() => setRevoking(false)}>{words.cancel}</Button>
        </div>
      )}
      <Refusal answer={answer} otherwise={words.failed} />
    </>
  )
}
