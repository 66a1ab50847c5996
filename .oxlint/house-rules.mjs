import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The rules of this house that oxlint does not have: who may import whom, and no clock in disguise. Plain JavaScript, since oxlint loads it
 * as it is. `docs/architecture.md` has the table that `layers` enforces.
 */
const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The first entry whose folder holds the importing file applies. `may` are folders, `packages` the only npm packages allowed there
 * (absent: any). A folder may always import itself; `#protocol` stands for the folder protocol, and is the only way into it.
 * Tests may also import what they test across folders only as their folder may.
 */
const layers = [
  { folder: 'protocol/node', may: ['protocol'] },
  { folder: 'protocol', may: [], packages: ['zod', 'cborg'], not: ['protocol/node'] },
  { folder: 'firmware-bridge/codec', may: ['protocol'] },
  { folder: 'firmware-bridge', may: ['protocol'] },
  { folder: 'terminal/sale', may: ['protocol'], packages: ['zod'] },
  { folder: 'terminal/renderer', may: ['protocol'] },
  { folder: 'terminal', may: ['protocol'], not: ['terminal/renderer'] },
  { folder: 'hub/ledger', may: ['protocol'], packages: ['zod'] },
  { folder: 'hub/console', may: ['protocol'] },
  { folder: 'hub', may: ['protocol'], not: ['hub/console'] },
  // A simulated device encodes from the vendor's manual; with the bridge's codec both ends would share one mistake.
  { folder: 'simulators', may: ['protocol', 'terminal', 'hub', 'firmware-bridge'], not: ['firmware-bridge/codec'] },
]

const inside = (path, folder) => path === folder || path.startsWith(`${folder}/`)
const fromRoot = (path) => relative(root, path).split(sep).join('/')

/** What is wrong with `specifier` in `file` (a path from the root), if anything is. */
function objection(file, specifier) {
  const layer = layers.find(({ folder }) => inside(file, folder))
  if (layer === undefined) return undefined
  const isOurs = specifier.startsWith('.') || specifier.startsWith('#')
  if (!isOurs) {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    const allowed = layer.packages === undefined || specifier.startsWith('node:') || isTest(file) || layer.packages.includes(name)
    return allowed ? undefined : `${layer.folder} imports no package but ${layer.packages.join(' and ')}`
  }
  const target = specifier.startsWith('#') ? specifier.slice(1) : fromRoot(resolve(root, file, '..', specifier))
  if (target.startsWith('protocol/') && !inside(file, 'protocol') && !specifier.startsWith('#')) return `write #${target}`
  if (specifier.startsWith('#') && inside(file, 'protocol')) return 'inside protocol/ imports are relative'
  const forbidden = isTest(file) && layer.folder === 'protocol' ? undefined : layer.not?.find((folder) => inside(target, folder))
  if (forbidden !== undefined) return `${layer.folder} does not import ${forbidden}`
  const allowed = [layer.folder, ...layer.may].some((folder) => inside(target, folder))
  return allowed ? undefined : `${layer.folder} imports only ${layer.may.join(', ') || 'itself'}, not ${target}`
}

const isTest = (file) => /\.test\.tsx?$/.test(file)

const folders = {
  create(context) {
    const file = fromRoot(context.filename)
    const check = ({ source }) => {
      const specifier = source?.type === 'Literal' ? source.value : undefined
      if (typeof specifier !== 'string') return
      const message = objection(file, specifier)
      if (message !== undefined) context.report({ node: source, message: `${message} (docs/architecture.md, "Folders")` })
    }
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check }
  },
}

const noAmbientDate = {
  create: (context) => ({
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
        context.report({ node, message: 'Time is an argument: ask the Clock (protocol/time.ts).' })
    },
  }),
}

export default { meta: { name: 'house' }, rules: { folders, 'no-ambient-date': noAmbientDate } }
