import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { KeyService } from './key-service.ts'
import type { Question, Reply } from './process.ts'
import { fail, invariant, ok } from '#protocol/outcome.ts'

type Asked = { readonly question: Question; readonly resolve: (answer: Reply['answer']) => void }
/** Without its number. */
type Unnumbered<Q> = Q extends Question ? Omit<Q, 'n'> : never

/**
 * The key service in a process of its own, started when it is needed and again when it has died: what it was asked then is asked once more, since every answer
 * is the same the second time. `folder` has its keys and nothing else.
 */
export function startKeyService(folder: string, warn: (line: string) => void): KeyService {
  const asked = new Map<number, Asked>()
  let child: ChildProcess | undefined
  let count = 0
  let deaths = 0
  let isClosed = false

  function running(): ChildProcess {
    if (child !== undefined) return child
    // Of this process's environment it needs nothing.
    const started = fork(fileURLToPath(new URL('./process.ts', import.meta.url)), [folder], { serialization: 'advanced', env: {} })
    started.on('message', (message: Reply) => {
      deaths = 0
      asked.get(message.n)?.resolve(message.answer)
      asked.delete(message.n)
    })
    // A question that could not be sent any more: `exit` comes next, and asks it again.
    started.on('error', (error) => warn(`the key service cannot be reached: ${error.message}`))
    started.on('exit', (code) => {
      if (child === started) child = undefined
      if (isClosed) return
      deaths += 1
      warn(`the key service ended (${code ?? 'killed'})${deaths > MAX_DEATHS ? ' again and again: no card can be opened' : ''}`)
      if (deaths > MAX_DEATHS) giveUp()
      else for (const { question } of asked.values()) running().send(question)
    })
    child = started
    return started
  }

  function giveUp(): void {
    for (const { resolve } of asked.values()) resolve(fail('card.unknown_reader'))
    asked.clear()
    deaths = 0
  }

  const ask = (question: Unnumbered<Question>): Promise<Reply['answer']> =>
    new Promise((resolve) => {
      count += 1
      const numbered: Question = { ...question, n: count }
      asked.set(count, { question: numbered, resolve })
      running().send(numbered)
    })

  return {
    async open(secret, maskedPan) {
      const answer = await ask({ do: 'open', secret, maskedPan })
      if (!answer.ok) return answer
      invariant(answer.value instanceof Uint8Array, 'a card is bytes')
      return ok(answer.value)
    },
    async keepNumber(secret, maskedPan) {
      const answer = await ask({ do: 'keepNumber', secret, maskedPan })
      if (!answer.ok) return answer
      invariant(typeof answer.value === 'string', 'what is sealed is text')
      return ok(answer.value)
    },
    async forget(scheme, ksn) {
      await ask({ do: 'forget', scheme, ksn })
    },
    close() {
      isClosed = true
      giveUp()
      return new Promise((resolve) => {
        if (child === undefined) return resolve()
        child.once('exit', () => resolve())
        child.disconnect()
      })
    },
  }
}

const MAX_DEATHS = 5
