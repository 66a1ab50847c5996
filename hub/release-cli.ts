import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { publish, type Publication } from './fleet/publishing.ts'
import { fileVault, hubKeys } from './keys.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { freshSeed } from '#protocol/node/crypto.ts'

const HELP = `node hub/release-cli.ts --data DIR [--to FOLDER] --from FOLDER --release N --version X.Y.Z [--entry PATH] [--minimum N] [--stage PERMILLE]... [--halt]
node hub/release-cli.ts --data DIR [--to FOLDER] --halt
node hub/release-cli.ts --data DIR [--to FOLDER] --stage PERMILLE...

Publishes a release of the till's program, signed by this hub's policy key, into a folder that any web server hands out. Without --from it changes the newest
release: stops it, so that no further till begins with it, or lets more tills take part. With --from and --halt it waits until somebody lets it go at the console.

  --to FOLDER where releases are (default DIR/releases, from where the hub hands them out itself)
  --stage N   so many of a thousand tills from now on; with several, each a day after the one before (default 1000)
  --minimum N tills with an older release take another one before (default 0: any)
`
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    to: { type: 'string' },
    from: { type: 'string' },
    release: { type: 'string' },
    version: { type: 'string' },
    entry: { type: 'string', default: 'terminal/core/main.ts' },
    minimum: { type: 'string', default: '0' },
    stage: { type: 'string', multiple: true, default: [] },
    halt: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { data, from, release, version, entry, minimum, stage, halt, help } = values
if (help || data === undefined || (from !== undefined && (release === undefined || version === undefined))) {
  process.stdout.write(HELP)
  process.exit(help ? 0 : 2)
}

const to = values.to ?? join(data, 'releases')

function filesBelow(folder: string) {
  mkdirSync(join(to, 'files'), { recursive: true })
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((found) => {
    if (!found.isFile()) return []
    const path = join(found.parentPath, found.name)
    const bytes = readFileSync(path)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const target = join(to, 'files', sha256)
    if (!existsSync(target)) copyFileSync(path, target)
    return [{ path: relative(folder, path).replaceAll('\\', '/'), bytes: bytes.length, sha256 }]
  })
}

const change: Publication = {
  ...(from !== undefined && { program: { release: Number(release), version: version ?? '', entry, minimum: Number(minimum), files: filesBelow(from) } }),
  ...(stage.length > 0 && { perMille: stage.map(Number) }),
  halted: halt,
}
const published = publish({ keys: hubKeys(fileVault(join(data, 'keys'), freshSeed), systemClock), clock: systemClock }, to, change)
if (published.ok) process.stdout.write(`release ${published.value.release} (${published.value.version}), revision ${published.value.revision}\n`)
else {
  process.stderr.write(`${published.detail ?? published.code}\n`)
  process.exitCode = 1
}
