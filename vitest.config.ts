import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/**
 * `npm test` runs every project that this machine can run, the quick ones first. `npx vitest run --project unit sale/` runs a part.
 * A tier that needs something installed runs when the environment names it; `.ci/run` installs and names all of them.
 */
const WHOLE_SYSTEM = 'simulators'
const TIDY = 'simulators/scenario/tidy.test.ts'
const MINUTE = 60_000

/** Whole-system tests start real processes: one file at a time, since two cores are all that we count on. */
const tier = (name: string, groupOrder: number): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: [`${WHOLE_SYSTEM}/**/*.${name}.test.ts`],
    sequence: { groupOrder },
    fileParallelism: false,
    testTimeout: 2 * MINUTE,
    hookTimeout: 3 * MINUTE,
  },
})

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
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...ALWAYS_EXCLUDED, TIDY, `${WHOLE_SYSTEM}/**/*.{system,browser,electron,mosquitto,hid}.test.ts`],
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
        },
      },
      { extends: true, test: { name: 'tidy', include: [TIDY], sequence: { groupOrder: 1 }, testTimeout: MINUTE } },
      tier('system', 2),
      tier('browser', 3),
      ...tiersWithNeeds.filter(isNamed).map(({ name }, index) => tier(name, 4 + index)),
    ],
  },
})
