import { Safe } from './safe.ts'
import type { CardSecret } from '../acquirers/acquirer.ts'
import type { Scheme } from './dukpt.ts'
import type { OpenCode } from './key-service.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { invariant, ok, type Outcome } from '#protocol/outcome.ts'

/** Hub → key service: everything that it can be asked. There is no question to which a key is the answer. */
export type Question =
  | { readonly n: number; readonly do: 'open'; readonly secret: CardSecret; readonly maskedPan: string }
  | { readonly n: number; readonly do: 'keepNumber'; readonly secret: CardSecret; readonly maskedPan: string }
  | { readonly n: number; readonly do: 'forget'; readonly scheme: Scheme; readonly ksn: string }
export type Reply = { readonly n: number; readonly answer: Outcome<Uint8Array | string | null, OpenCode> }

const folder = process.argv[2]
invariant(folder !== undefined && process.send !== undefined, 'the hub starts this file, with the folder of its keys')
const safe = new Safe(folder, systemClock)

process.on('message', (question: Question) => {
  const answer = answerTo(question)
  process.send?.({ n: question.n, answer } satisfies Reply, () => {
    if (answer.ok && answer.value instanceof Uint8Array) answer.value.fill(0)
  })
})
// Whoever started this is gone.
process.on('disconnect', () => process.exit())

function answerTo(question: Question): Reply['answer'] {
  switch (question.do) {
    case 'open':
      return safe.open(question.secret, question.maskedPan)
    case 'keepNumber':
      return safe.keepNumber(question.secret, question.maskedPan)
    case 'forget':
      safe.forget(question.scheme, question.ksn)
      return ok(null)
  }
}
