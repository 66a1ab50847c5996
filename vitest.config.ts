import { join } from 'node:path'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * `npm test` runs every project that this machine can run, the quick ones first. `npx vitest run --project unit sale/` runs a part.
 * A tier that needs something installed runs when the environment names it; `.ci/run` installs and names all of them.
 */
const WHOLE_SYSTEM = 'simulators'
const TIDY = 'simulators/scenario/tidy.test.ts'
const MINUTE = 60_000

// Hundreds of hubs, tills and bridges are started, each from TypeScript: Node keeps what it made of the source, and they start in half the time.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.build/compile-cache')

/**
 * Whole-system tests start real processes, and wait for them: two files at a time on the two cores that we count on. One at a time where they
 * share what a machine has once, such as its display.
 */
const tier = (name: string, { groupOrder, maxWorkers }: { readonly groupOrder: number; readonly maxWorkers: number }): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: [`${WHOLE_SYSTEM}/**/*.${name}.test.ts`],
    sequence: { groupOrder },
    maxWorkers,
    testTimeout: 2 * MINUTE,
    hookTimeout: 3 * MINUTE,
  },
})

/** Files that take half a minute or more, in this order: whichever of them began last, the others would wait for it. */
const LONG = ['gallery.browser', 'torture.system', 'till.browser', 'console.browser', 'wallet.browser', 'world.test', 'bridge.test']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((name) => moduleId.includes(`/${name}`))
      return found === -1 ? LONG.length : found
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}

const tiersWithNeeds = [
  { name: 'electron', variable: 'STILLPOINT_ELECTRON', what: 'the path of an Electron executable' },
  { name: 'mosquitto', variable: 'STILLPOINT_MOSQUITTO', what: 'the path of a mosquitto executable' },
  { name: 'hid', variable: 'STILLPOINT_UMOCKDEV', what: 'the path of libumockdev-preload.so.0' },
]
const isNamed = ({ variable }: { variable: string }): boolean => Boolean(process.env[variable])

if (!process.argv.some((argument) => argument.startsWith('--project'))) {
  for (const missing of tiersWithNeeds.filter((needy) => !isNamed(needy)))
    console.error(`The ${missing.name} tests are left out: ${missing.variable} does not name ${missing.what}.`)
}

const ALWAYS_EXCLUDED = ['**/node_modules/**', '.build/**', 'dist/**']

export default defineConfig({
  test: {
    exclude: ALWAYS_EXCLUDED,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...ALWAYS_EXCLUDED, TIDY, `${WHOLE_SYSTEM}/**/*.{system,browser,electron,mosquitto,hid}.test.ts`],
          sequence: { groupOrder: 0 },
          // Many of them wait for a line, a socket or a process: one more than there are cores to count on.
          maxWorkers: 3,
          // No test file leaves anything behind in a module: a process for each would cost a third of a second, three hundred times.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      { extends: true, test: { name: 'tidy', include: [TIDY], sequence: { groupOrder: 1 }, testTimeout: MINUTE } },
      tier('system', { groupOrder: 2, maxWorkers: 2 }),
      tier('browser', { groupOrder: 2, maxWorkers: 2 }),
      ...tiersWithNeeds.filter(isNamed).map(({ name }, index) => tier(name, { groupOrder: 3 + index, maxWorkers: 1 })),
    ],
  },
})
