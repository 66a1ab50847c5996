import { parseArgs, type ParseArgsConfig } from 'node:util'

/** What is wrong with a command line, in one sentence. */
export type Complaint = { readonly complaint: string }

/** As `parseArgs`, with a sentence in place of what it throws about a mistyped option. */
export function parseOptions<const Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> | Complaint {
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) throw error
    // Its first sentence says what is wrong; the others advise on syntax that no tool here needs.
    const [sentence = ''] = error.message.split(/\.?(?:\s*\n|\.\s)|\.$/)
    return { complaint: `${sentence}. --help lists the options.` }
  }
}

/** `text` as a whole number between `least` and `most`. */
export function parseWhole(option: string, text: string, least: number, most = 999_999_999): number | Complaint {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : { complaint: `${option} ${text}: it takes a whole number from ${least} to ${most}.` }
}

/** The process ends with one line and code 2. */
export function refuse({ complaint }: Complaint): never {
  process.stderr.write(`${complaint}\n`)
  process.exit(2)
}

/** The options of this process. A mistyped one ends it with one line and code 2. */
export function readOptions<const Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  const parsed = parseOptions(config)
  return 'complaint' in parsed ? refuse(parsed) : parsed
}

/** `text` as a whole number; anything else ends the process with one line and code 2. */
export function readWhole(option: string, text: string, least: number, most?: number): number {
  const value = parseWhole(option, text, least, most)
  return typeof value === 'number' ? value : refuse(value)
}
