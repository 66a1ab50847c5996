import { useEffect, useState } from 'react'
import { places } from '#protocol/hub-api/conservation.ts'
import type { AccountView } from '#protocol/hub-api/overview.ts'
import type { PlacedPosting, PostingsView } from '#protocol/hub-api/watch.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { accountNames, type AccountName } from '../../account-names.ts'
import { bankWords } from '../../bank-words.ts'
import { fetchPostings, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { overviewWords } from '../../overview-words.ts'
import { Account } from '../../parts/account.tsx'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { linkTo, useRoute } from '../../router.ts'
import { formatTime } from '../../times.ts'
import { postingWord } from '../../trace.ts'
import './postings.css'

const words = overviewWords.postings

function pageOf(asked: string, before?: number): Promise<Answer<PostingsView>> {
  const wanted = new URLSearchParams(asked)
  if (before !== undefined) wanted.set('before', String(before))
  return fetchPostings(wanted)
}

type Props = { readonly now: EpochMs; readonly accounts: readonly AccountView[]; onOpen(payment: Id): void }

/** The postings behind a figure, the newest first, page by page. What is asked for stands in the address; a later look begins anew. */
export function Postings(props: Props) {
  const { asks } = useRoute()
  const asked = asks.toString()
  return <Found key={asked} asked={asked} {...props} />
}

function Found({ asked, now, accounts, onOpen }: Props & { readonly asked: string }) {
  const names = accountNames(accounts)
  const [found, setFound] = useState<readonly PlacedPosting[]>([])
  const [last, setLast] = useState<Answer<PostingsView>>()
  useEffect(() => {
    let wanted = true
    void pageOf(asked).then((answer) => {
      if (!wanted) return
      setLast(answer)
      if (answer.ok) setFound(answer.value.postings)
    })
    return () => {
      wanted = false
    }
  }, [asked])
  const goOn = async (before: number): Promise<void> => {
    const answer = await pageOf(asked, before)
    setLast(answer)
    if (answer.ok) setFound([...found, ...answer.value.postings])
  }
  const next = last?.ok === true ? last.value.next : undefined
  const searchedTo = last?.ok === true ? last.value.searchedTo : undefined
  return (
    <Section id="postings" title={words.title} tools={<Filters asks={new URLSearchParams(asked)} />}>
      <table className="postings">
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            <th scope="col">{words.what}</th>
            <th scope="col" className="money">
              {words.amount}
            </th>
          </tr>
        </thead>
        <tbody>
          {found.map((posting) => (
            <Row key={posting.seq} posting={posting} names={names} now={now} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
      <div className="postings-foot">
        {last === undefined && <p className="muted">{words.loading}</p>}
        <Refusal answer={last} otherwise={words.failed} />
        {last?.ok === true && found.length === 0 && (
          <p role="status">{next === undefined || searchedTo === undefined ? words.none : words.noneYet(formatTime(searchedTo, now))}</p>
        )}
        {next !== undefined && <Button onClick={() => void goOn(next)}>{words.more}</Button>}
      </div>
    </Section>
  )
}

function Filters({ asks }: { readonly asks: URLSearchParams }) {
  const place = asks.get('place')
  const [currency, account] = [asks.get('currency'), asks.get('account')]
  const go = (changed: Readonly<Record<string, string>>) => {
    const kept = Object.entries({ ...Object.fromEntries(asks), ...changed }).filter(([, value]) => value !== '')
    location.hash = linkTo('postings', Object.fromEntries(kept))
  }
  return (
    <>
      {account !== null && (
        <Button onClick={() => go({ account: '' })}>
          {words.account} <span className="mono">{account.slice(0, 40)}</span> ✕
        </Button>
      )}
      <label className="postings-filter">
        <span>{words.place}</span>
        <select value={place ?? ''} onChange={({ target }) => go({ place: target.value })}>
          <option value="">{words.any}</option>
          {places.map((one) => (
            <option key={one} value={one}>
              {bankWords.conservation.places[one]}
            </option>
          ))}
          <option value="held">{overviewWords.held}</option>
        </select>
      </label>
      {currency !== null && (
        <Button onClick={() => go({ currency: '' })} aria-label={`${words.currency} ${currency} ✕`}>
          {currency} ✕
        </Button>
      )}
    </>
  )
}

type RowProps = { readonly posting: PlacedPosting; readonly names: ReadonlyMap<string, AccountName>; readonly now: EpochMs; onOpen(payment: Id): void }

function Row({ posting: { id, kind, debit, credit, amountMinor, currency, at, payment }, names, now, onOpen }: RowProps) {
  const sum = formatMoney(amountMinor, currency)
  const account = (name: string) => (
    <a href={linkTo('postings', { account: name })}>
      <Account id={name} name={names.get(name)} />
    </a>
  )
  return (
    <tr>
      <td>
        <Time at={at} now={now} />
      </td>
      <td className="postings-way">
        {account(debit)} → {account(credit)}
        <span className="muted postings-id">
          {postingWord(kind, id)} · <span className="mono">{id}</span>
        </span>
      </td>
      <td className="money">
        {payment === undefined ? (
          sum
        ) : (
          <button type="button" className="postings-open" aria-haspopup="dialog" aria-label={words.open(sum)} onClick={() => onOpen(payment)}>
            {sum}
          </button>
        )}
      </td>
    </tr>
  )
}
