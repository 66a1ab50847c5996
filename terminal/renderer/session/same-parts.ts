/**
 * `after`, with every part whose content is that of the same part of `before` replaced by that very object. A view comes whole, as text; so what did not change
 * can be told by identity, which is all that it takes not to draw it anew. Both are as JSON gives them. In a list, things with an `id` are matched by it.
 */
export function withSameParts<T>(before: unknown, after: T): T {
  return share(before, after) as T
}

function share(before: unknown, after: unknown): unknown {
  if (Array.isArray(after)) return Array.isArray(before) ? shareList(before, after) : after
  return isRecord(before) && isRecord(after) ? shareRecord(before, after) : after
}

function shareList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  // Usually they stand where they stood; one that was taken out moves all behind it.
  let byId: Map<unknown, unknown> | undefined
  const known = (item: unknown, at: number): unknown => {
    const id = idOf(item)
    if (id === undefined || idOf(before[at]) === id) return before[at]
    byId ??= new Map(before.map((each) => [idOf(each), each]))
    return byId.get(id)
  }
  const shared = after.map((item, at) => share(known(item, at), item))
  return shared.length === before.length && shared.every((item, at) => item === before[at]) ? before : shared
}

function shareRecord(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shared = Object.entries(after).map(([name, part]) => [name, share(before[name], part)] as const)
  // What is missing there is undefined, and no part of JSON is.
  const isSame = shared.length === Object.keys(before).length && shared.every(([name, part]) => part === before[name])
  return isSame ? before : Object.fromEntries(shared)
}

const idOf = (item: unknown): unknown => (isRecord(item) ? item['id'] : undefined)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
