import { bankAt, CLOSED, twoDaysToBook } from './test-two-days.ts'
import { bankRig } from '../../hub/bank/test-bank.ts'
import { cutAt } from '../../hub/bank/test-cut.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * A hub that kills itself, as by `kill -9`, at a step of writing a file for the bank or of reading what it sends: FOLDER DATABASE STEP before|after
 * write|read|import. */
const [folder = '', path = '', step = '1', when, what] = process.argv.slice(2)
const store = openSqliteStore(path)
invariant(store.ok, 'the database opens')
const sold = await bankRig(folder, store.value)
const ids =
  what === 'import' ? await twoDaysToBook(folder, store.value) : [await sold.approve(12_345n), await sold.approve(2_000n, CLOSED), await sold.approve(700n)]
process.stdout.write(JSON.stringify(ids))
const cut = cutAt(Number(step), when === 'before' ? 'before' : 'after', () => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('killed')
})
const doomed = await bankRig(folder, store.value, cut.wrap)
if (what === 'write') await doomed.desk.writeFiles('cleo')
else {
  if (what === 'read') {
    await sold.desk.writeFiles('cleo')
    bankAt(folder).work()
  }
  await doomed.desk.readFiles()
}
