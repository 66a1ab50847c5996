import { useEffect, useState } from 'react'
import type { EpochMs } from '#protocol/time.ts'
import type { Answer } from '../hub.ts'

/**
 * What waits for somebody's word, as the hub said it last: `now` says when to look again, `fetch` stays the same function. `unread`: why nothing is known yet; a later failure leaves
 * what was known. `acted`: what the hub said to the last act. `who` acts: who is signed in, or else who gave his `name`.
 */
export function useWork<T extends { readonly who?: string }>(fetch: () => Promise<Answer<T>>, now: EpochMs) {
  const [state, setState] = useState<T>()
  const [unread, setUnread] = useState<Answer<T>>()
  const [acted, setActed] = useState<Answer<T>>()
  const [name, setName] = useState('')
  useEffect(() => {
    void fetch().then((fetched) => (fetched.ok ? setState(fetched.value) : setUnread(fetched)))
  }, [fetch, now])
  const who = state?.who ?? name.trim()
  const act = async (send: (by: { readonly by?: string }) => Promise<Answer<T>>): Promise<boolean> => {
    const answer = await send(state?.who === undefined ? { by: who } : {})
    setActed(answer)
    if (answer.ok) setState(answer.value)
    return answer.ok
  }
  return { state, unread, acted, who, name, setName, act }
}
