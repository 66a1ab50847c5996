import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { described } from './described.ts'
import { asyncApiDocument } from '../../link/asyncapi.ts'

const HELP = `node hub/api/v1/describe-cli.ts

Writes docs/openapi.json, the client made from it (hub/api/client/generated.ts) and docs/asyncapi.json anew. Run \`npm run format\` after it.
`
const root = resolve(import.meta.dirname, '../../..')

if (process.argv.includes('--help')) process.stdout.write(HELP)
else {
  const { document, client } = described()
  writeFileSync(resolve(root, 'docs/openapi.json'), `${JSON.stringify(document, null, 2)}\n`)
  writeFileSync(resolve(root, 'hub/api/client/generated.ts'), client)
  writeFileSync(resolve(root, 'docs/asyncapi.json'), `${JSON.stringify(asyncApiDocument(), null, 2)}\n`)
}
