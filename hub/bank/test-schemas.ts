import { join } from 'node:path'
import { openSchemas, type Schemas } from './xml.ts'

const FOLDER = join(process.env['STILLPOINT_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data/iso20022')

/** The XSDs of ISO 20022. Where they are absent tests go on with the hub's own reading and say so; in CI that is a failure. */
export function schemasForTests(): Schemas {
  const { schemas, missing } = openSchemas(FOLDER)
  if (missing.length > 0) {
    const words = `XSDs of ISO 20022 not found in ${FOLDER} (STILLPOINT_SHARED): ${missing.join(', ')}`
    if (process.env['CI'] === 'true') throw new Error(words)
    console.error(`${words}: files are not validated`)
  }
  return schemas
}
