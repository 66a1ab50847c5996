/** Characters of what a person may search for. */
export const MAX_SEARCH = 100
/** Products that one search answers at most. */
export const MAX_FOUND = 50
