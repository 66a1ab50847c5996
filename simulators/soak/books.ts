import type { FromBridge } from '#protocol/device/messages.ts'

/** What a bridge said in the end about one print or order. */
export type Answer = Extract<FromBridge, { type: 'print_result' | 'order_result' }>

/**
 * What people and devices did and what the till was told, each written down by who saw it. Nothing is forgiven because there was trouble: who pulls a
 * cable knows what must have arrived before.
 */
export interface Books {
  /** A code left the scanner in full, or a card its reader, while the bridge had it open. It must arrive, once and in this order. */
  sent(device: string, text: string): void
  /** A code broke off. Neither it nor a part of it may arrive. */
  brokeOff(device: string, text: string): void
  /** What a device reads when it fails, so that it may arrive any number of times. */
  ignore(device: string, isOfFault: (text: string) => boolean): void
  trouble(): void
  asked(id: string): void
  /** What stands on a receipt that was cut off. */
  receipt(text: string): void
  heard(message: FromBridge): void
  /** A promise that did not hold, in words. */
  broken(what: string): void
  /** Codes and cards of this device that have not arrived yet. */
  awaited(device: string): number
  garbage(device: string): number
  answer(id: string): Answer | undefined
  /** To be read when everybody has gone home. */
  audit(): Audit
}

export type Audit = {
  readonly metrics: Readonly<Record<'scans' | 'cards' | 'lost' | 'doubled' | 'prints' | 'printed_twice' | 'orders' | 'unanswered' | 'faults', number>>
  readonly broken: readonly string[]
}

/** Every job's id starts like this. It stands in its receipt's first and last line. */
const JOB = 'job-'
export const jobId = (n: number): string => `${JOB}${n}`
export const firstLine = (job: string): string => `begin ${job}.`
export const lastLine = (job: string): string => `end ${job}.`

export function openBooks(): Books {
  const sent = new Map<string, string[]>()
  const heard = new Map<string, string[]>()
  const brokenOff = new Map<string, string[]>()
  const ignored = new Map<string, (text: string) => boolean>()
  const garbage = new Map<string, number>()
  const asked = new Set<string>()
  const answers = new Map<string, Answer[]>()
  const lines = new Map<string, number>()
  const counted: Record<'scan' | 'card', number> = { scan: 0, card: 0 }
  const wanted: Record<'scan' | 'card', number> = { scan: 0, card: 0 }
  const broken: string[] = []
  let troubles = 0

  const came = (type: 'scan' | 'card', n: number, device: string, text: string) => {
    if (n !== counted[type] + 1) broken.push(`${type} ${n} came behind ${counted[type]}`)
    counted[type] = n
    if (ignored.get(device)?.(text)) return
    wanted[type]++
    add(heard, device, text)
  }
  const answered = (id: string, answer: Answer) => {
    if (!asked.has(id)) broken.push(`${id} was answered and never asked for`)
    add(answers, id, answer)
  }
  return {
    sent: (device, text) => add(sent, device, text),
    brokeOff: (device, text) => add(brokenOff, device, text),
    ignore: (device, isOfFault) => void ignored.set(device, isOfFault),
    trouble: () => void troubles++,
    asked: (id) => void asked.add(id),
    receipt(text) {
      for (const [line] of text.matchAll(/(?:begin|end) job-\d+\./g)) lines.set(line, (lines.get(line) ?? 0) + 1)
    },
    heard(message) {
      if (message.type === 'scan') came('scan', message.n, message.device, message.text)
      else if (message.type === 'card') came('card', message.n, message.device, message.card.maskedPan.slice(-4))
      else if (message.type === 'garbage') garbage.set(message.device, (garbage.get(message.device) ?? 0) + 1)
      else if (message.type === 'print_result') answered(message.job, message)
      else if (message.type === 'order_result') answered(message.order, message)
    },
    broken: (what) => void broken.push(what),
    awaited: (device) => (sent.get(device)?.length ?? 0) - (heard.get(device)?.length ?? 0),
    garbage: (device) => garbage.get(device) ?? 0,
    answer: (id) => answers.get(id)?.[0],
    audit() {
      const arrivals = compare(sent, heard)
      const jobs = [...asked].filter((id) => id.startsWith(JOB))
      const paper = checkPaper(jobs, answers, lines)
      const unanswered = [...asked].filter((id) => !answers.has(id))
      const repeated = [...answers].filter(([, all]) => all.length > 1)
      return {
        metrics: {
          scans: wanted.scan,
          cards: wanted.card,
          lost: arrivals.lost,
          doubled: arrivals.doubled,
          prints: jobs.length,
          printed_twice: paper.twice,
          orders: asked.size - jobs.length,
          unanswered: unanswered.length,
          faults: troubles,
        },
        broken: [
          ...broken,
          ...arrivals.broken,
          ...partsTaken(brokenOff, heard),
          ...paper.broken,
          ...unanswered.map((id) => `${id} was never answered`),
          ...repeated.map(([id, all]) => `${id} was answered ${all.length} times`),
        ],
      }
    },
  }
}

function add<Value>(book: Map<string, Value[]>, key: string, value: Value): void {
  const page = book.get(key)
  if (page) page.push(value)
  else book.set(key, [value])
}

type Book = ReadonlyMap<string, readonly string[]>

/** Device by device: what was sent against what was heard, how often and in which order. */
function compare(sent: Book, heard: Book) {
  let [lost, doubled] = [0, 0]
  const broken: string[] = []
  for (const device of new Set([...sent.keys(), ...heard.keys()])) {
    const [ours, theirs] = [sent.get(device) ?? [], heard.get(device) ?? []]
    const balance = new Map<string, number>()
    for (const text of ours) balance.set(text, (balance.get(text) ?? 0) + 1)
    for (const text of theirs) balance.set(text, (balance.get(text) ?? 0) - 1)
    for (const left of balance.values()) {
      lost += Math.max(left, 0)
      doubled += Math.max(-left, 0)
    }
    const differs = ours.findIndex((text, at) => text !== theirs[at])
    if (differs >= 0 || ours.length !== theirs.length) {
      const at = differs < 0 ? ours.length : differs
      broken.push(
        `${device} sent ${ours.length}, ${theirs.length} were heard; number ${at + 1} is ${ours[at] ?? 'none'} and was heard as ${theirs[at] ?? 'none'}`,
      )
    }
  }
  return { lost, doubled, broken }
}

function partsTaken(brokenOff: Book, heard: Book): readonly string[] {
  return [...brokenOff].flatMap(([device, texts]) =>
    texts
      .filter((text) => heard.get(device)?.some((one) => text.includes(one) || one.includes(text)))
      .map((text) => `${device}: a part of ${text}, which broke off, was taken for a code`),
  )
}

/** Printed: one whole receipt lies there. Failed: none. Unknown: at most one. */
function checkPaper(jobs: readonly string[], answers: ReadonlyMap<string, readonly Answer[]>, lines: ReadonlyMap<string, number>) {
  let twice = 0
  const broken: string[] = []
  for (const job of jobs) {
    const result = answers.get(job)?.[0]?.result
    const [begun, ended] = [lines.get(firstLine(job)) ?? 0, lines.get(lastLine(job)) ?? 0]
    if (begun > 1 || ended > 1) twice++
    const isRight = result === 'printed' ? begun === 1 && ended === 1 : result === 'failed' ? begun + ended === 0 : begun <= 1 && ended <= 1
    if (!isRight) broken.push(`${job} is ${result ?? 'unanswered'}; on the paper it begins ${begun} times and ends ${ended} times`)
  }
  return { twice, broken }
}
