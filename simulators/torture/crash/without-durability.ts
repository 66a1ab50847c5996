import Database from 'better-sqlite3'

/**
 * A planted bug, for whoever imports this: every database of the process is as fast as those of people who read the wrong advice. The stores have no switch for
 * that, so it is done underneath. Crash images must find it.
 */
const pragma = Database.prototype.pragma
Database.prototype.pragma = function (source, options) {
  return pragma.call(this, source.replace(/^\s*synchronous\s*=.*$/i, 'synchronous = OFF'), options)
}
